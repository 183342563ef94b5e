import Streams

extension RecountedAdjustment {
    /// The contract's codes for adjustments that are dead letters.
    enum Fault: String, Error {
        case emptyPayload = "empty_payload"
        case undecodable
        case id = "adjustment_id"
        case amount
        case currency
        case eventTime = "event_time"
        case reason
        case reference
    }

    /// The largest amount either way, in billionths of the currency.
    static let largestAmount: Int64 = 1_000_000_000_000_000_000

    /// Reads a record and judges whether it is an adjustment.
    init(_ record: Record) throws(Fault) {
        guard let payload = record.value, let start = payload.baseAddress, payload.count > 0 else {
            throw .emptyPayload
        }
        self.init(
            id: ID(high: 0, low: 0), eventTime: 0, advertiser: 0, campaign: 0, adGroup: 0, ad: 0, amountNanos: 0,
            currency: "", reason: "", reference: "", partition: record.partition.rawValue,
            offset: record.offset.rawValue)
        var texts = Texts()
        guard decode(WireScanner(start, count: payload.count), &texts) else { throw .undecodable }
        guard texts.id.count == 16 else { throw .id }
        let halves = WireText.id(texts.id)
        id = ID(high: halves.high, low: halves.low)
        guard amountNanos != 0, amountNanos >= -Self.largestAmount, amountNanos <= Self.largestAmount else {
            throw .amount
        }
        let letters = WireText.capitals(texts.currency, count: 3)
        guard letters != 0 else { throw .currency }
        currency = RecountText.letters(letters, count: 3)
        guard RecountedEvent.isMoment(eventTime, timestamp: record.timestampMilliseconds) else { throw .eventTime }
        guard let reason = Self.code(texts.reason) else { throw .reason }
        self.reason = reason
        guard let reference = Self.plainText(texts.reference) else { throw .reference }
        self.reference = reference
    }

    /// Fields of bytes, while the record is there.
    private struct Texts {
        var id = UnsafeRawBufferPointer(start: nil, count: 0)
        var currency = UnsafeRawBufferPointer(start: nil, count: 0)
        var reason = UnsafeRawBufferPointer(start: nil, count: 0)
        var reference = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// The fields of `sluice.ads.v1.SpendAdjustment`; false where the bytes do not decode.
    private mutating func decode(_ message: WireScanner, _ texts: inout Texts) -> Bool {
        var scanner = message
        while true {
            switch scanner.next() {
            case .varint:
                switch scanner.number {
                case 2: eventTime = Int64(bitPattern: scanner.value)
                case 3: advertiser = Int64(bitPattern: scanner.value)
                case 4: campaign = Int64(bitPattern: scanner.value)
                case 5: adGroup = Int64(bitPattern: scanner.value)
                case 6: ad = Int64(bitPattern: scanner.value)
                // A sint64 keeps its sign in the lowest bit.
                case 7: amountNanos = Int64(bitPattern: scanner.value >> 1) ^ -Int64(bitPattern: scanner.value & 1)
                default: break
                }
            case .bytes:
                switch scanner.number {
                case 1: texts.id = scanner.slice
                case 8: texts.currency = scanner.slice
                case 9: texts.reason = scanner.slice
                case 10: texts.reference = scanner.slice
                default: break
                }
            case .other: break
            case .end: return true
            case .broken: return false
            }
        }
    }

    /// 1 to 64 bytes of printable ASCII without a blank at either end; nil for anything else.
    private static func code(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard (1...64).contains(bytes.count), bytes.first != 0x20, bytes.last != 0x20,
            bytes.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// At most 128 bytes of UTF-8 without control characters; nil for anything else.
    private static func plainText(_ bytes: UnsafeRawBufferPointer) -> String? {
        guard bytes.count <= 128, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let hasControls = text.unicodeScalars.contains { $0.value <= 0x1F || ($0.value >= 0x7F && $0.value <= 0x9F) }
        return hasControls ? nil : text
    }
}
