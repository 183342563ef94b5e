import Schemas
public import Streams

/// Which adjustments of spend can be applied. The rules are the contract in proto/sluice/ads/v1/README.md; the order of
/// the checks is part of it.
///
/// What an adjustment changes is worked out where it is written, in SQL: whether its id is new is known there alone. So
/// the stream's own deduplication is to be off.
public struct AdjustmentLogic: EventLogic {
    public typealias Event = AdjustmentEntry
    public typealias Output = AdjustmentOutput

    /// The largest amount, up or down, in billionths of the currency: a thousand million of it.
    public static var maximumAmountNanos: Int64 { 1_000_000_000_000_000_000 }

    public init() {}

    public var blankEvent: AdjustmentEntry { AdjustmentEntry() }

    public func decode(_ record: Record, into event: inout AdjustmentEntry) -> Fault {
        event.offset = record.offset
        guard let payload = record.value, payload.count > 0 else { return AdjustmentFault.emptyPayload.fault }
        guard SpendAdjustmentReader.read(payload, into: &event.adjustment) else {
            return AdjustmentFault.undecodable.fault
        }
        let found = fault(in: event.adjustment, recordTimestampMilliseconds: record.timestampMilliseconds)
        return found?.fault ?? .none
    }

    private func fault(
        in adjustment: SpendAdjustment, recordTimestampMilliseconds: Int64
    ) -> AdjustmentFault? {
        guard adjustment.idLength == 16 else { return .adjustmentID }
        let amounts = -Self.maximumAmountNanos...Self.maximumAmountNanos
        guard adjustment.amountNanos != 0, amounts.contains(adjustment.amountNanos) else { return .amount }
        guard adjustment.currency != .none else { return .currency }
        let isTimely = SpendLogic.accepts(
            eventTimeMilliseconds: adjustment.eventTimeMilliseconds,
            recordTimestampMilliseconds: recordTimestampMilliseconds)
        guard isTimely else { return .eventTime }
        guard Self.isCode(adjustment.reason) else { return .reason }
        guard Self.isPlain(adjustment.reference) else { return .reference }
        return nil
    }

    /// Whether a text is printable ASCII, not empty, and has no blank at either end.
    static func isCode<let capacity: Int>(_ text: InlineText<capacity>) -> Bool {
        text.withBytes { bytes in
            guard let first = bytes.first, let last = bytes.last else { return false }
            return first != 0x20 && last != 0x20 && bytes.allSatisfy { (0x20...0x7E).contains($0) }
        }
    }

    /// Whether a text fits its place and is UTF-8 without control characters. It may be empty.
    static func isPlain<let capacity: Int>(_ text: InlineText<capacity>) -> Bool {
        guard text.fits else { return false }
        return text.withBytes { bytes in
            var rest = bytes.makeIterator()
            var decoder = UTF8()
            while true {
                switch decoder.decode(&rest) {
                case .emptyInput: return true
                case .error: return false
                case .scalarValue(let scalar):
                    // The characters that Unicode calls control characters (Cc).
                    if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) { return false }
                }
            }
        }
    }

    public func reason(of fault: Fault) -> String { AdjustmentFault(rawValue: fault.rawValue)?.code ?? "unknown" }

    public func id(of event: AdjustmentEntry) -> EventID {
        EventID(high: event.adjustment.idHigh, low: event.adjustment.idLow)
    }

    public func eventTimeMilliseconds(of event: AdjustmentEntry) -> Int64 { event.adjustment.eventTimeMilliseconds }

    public func apply(_ event: AdjustmentEntry, watermark: EventTime, to output: AdjustmentOutput) -> AppliedEvent {
        output.append(event)
        return []
    }

    public func makeOutput() -> AdjustmentOutput { AdjustmentOutput() }
}
