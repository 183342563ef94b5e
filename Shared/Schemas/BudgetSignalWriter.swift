/// Writes `sluice.ads.v1.BudgetSignal` in its wire format: fields in the order of their numbers, those that are 0 or empty
/// left out. The bytes are those that the generated code writes.
public enum BudgetSignalWriter {
    /// Appends one signal.
    ///
    /// A currency that is not 0 is written with its packed bytes, valid or not.
    ///
    /// - Returns: how many bytes were written.
    @discardableResult
    public static func append(_ signal: BudgetSignal, to buffer: inout ByteBuffer) -> Int {
        // Every varint at its ten bytes, every length at five.
        let sources = signal.sources.reduce(0) { $0 + 6 + sizeLimit(of: $1) }
        return buffer.write(atMost: 11 * 11 + 5 + 6 + signal.day.utf8.count + sources) { pen in
            pen.varint(0x08, signal.campaignID)
            pen.varint(0x10, signal.advertiserID)
            pen.currency(0x1A, signal.currency)
            pen.varint(0x20, Int64(signal.kind.rawValue))
            pen.varint(0x28, Int64(signal.budget.rawValue))
            pen.varint(0x30, Int64(signal.thresholdPercent))
            pen.string(0x3A, signal.day)
            pen.varint(0x40, signal.budgetNanos)
            pen.varint(0x48, signal.spentNanos)
            pen.varint(0x50, signal.budgetVersion)
            for source in signal.sources {
                let bytes = encode(source)
                pen.byte(0x5A)
                pen.varint(UInt64(bytes.count))
                bytes.withUnsafeBytes { pen.copy($0) }
            }
            pen.varint(0x60, Int64(signal.lane))
            pen.varint(0x68, signal.sequence)
            pen.varint(0x70, signal.decidedAtMilliseconds)
        }
    }

    /// One signal's bytes in an array of their own.
    public static func encode(_ signal: BudgetSignal) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 256)
        append(signal, to: &buffer)
        return Array(buffer.bytes)
    }

    private static func encode(_ source: SourceOffset) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 64)
        buffer.write(atMost: sizeLimit(of: source)) { pen in
            pen.string(0x0A, source.topic)
            pen.varint(0x10, Int64(source.partition))
            pen.varint(0x18, source.nextOffset)
        }
        return Array(buffer.bytes)
    }

    private static func sizeLimit(of source: SourceOffset) -> Int { 6 + source.topic.utf8.count + 2 * 11 }
}
