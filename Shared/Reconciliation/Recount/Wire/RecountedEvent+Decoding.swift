import Streams

extension RecountedEvent {
    /// The highest price of one unit, in millionths of the currency.
    static let highestPriceMicros: Int64 = 1_000_000_000_000
    /// 2100-01-01T00:00:00Z: the first event time that is too late.
    static let endOfTime: Int64 = 4_102_444_800_000
    /// How far an event may lie after its record's own timestamp: 48 hours.
    static let longestLead: Int64 = 48 * 3_600_000

    /// Reads a record and judges whether it is an event; nil where it is one.
    @inline(__always)
    mutating func read(_ record: Record) -> RecountFault? {
        self = RecountedEvent()
        partition = record.partition.rawValue
        offset = record.offset.rawValue
        timestamp = record.timestampMilliseconds
        guard let payload = record.value, let start = payload.baseAddress, payload.count > 0 else {
            return .emptyPayload
        }
        guard decode(WireScanner(start, count: payload.count)) else {
            self = RecountedEvent()
            partition = record.partition.rawValue
            offset = record.offset.rawValue
            timestamp = record.timestampMilliseconds
            return .undecodable
        }
        isDecoded = true
        return fault
    }

    /// The fields of `sluice.ads.v1.AdEvent`; false where the bytes do not decode.
    @inline(__always)
    private mutating func decode(_ message: WireScanner) -> Bool {
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
                case 7: type = Int32(truncatingIfNeeded: scanner.value)
                case 8: pricing = Int32(truncatingIfNeeded: scanner.value)
                case 9: priceMicros = Int64(bitPattern: scanner.value)
                case 11: placement = Int32(truncatingIfNeeded: scanner.value)
                case 14: invalidReason = Int32(truncatingIfNeeded: scanner.value)
                default: break
                }
            case .bytes:
                switch scanner.number {
                case 1:
                    idLength = UInt32(truncatingIfNeeded: scanner.count)
                    (idHigh, idLow) = WireText.id(scanner.slice)
                case 10: currency = WireText.capitals(scanner.slice, count: 3)
                case 12: countryCode = UInt16(WireText.capitals(scanner.slice, count: 2))
                default: break
                }
            case .other: break
            case .end: return true
            case .broken: return false
            }
        }
    }

    /// The first fault of a decoded event, in the contract's order.
    @inline(__always)
    var fault: RecountFault? {
        if idLength != 16 { return .eventID }
        if type < 1 || type > 4 { return .eventType }
        if pricing < 1 || pricing > 4 { return .pricingModel }
        if priceMicros < 0 || priceMicros > Self.highestPriceMicros { return .price }
        if currency == 0 { return .currency }
        if !Self.isMoment(eventTime, timestamp: timestamp) { return .eventTime }
        if chargeNanos == nil { return .overflow }
        return nil
    }

    /// Whether the contract accepts an event time beside a record's timestamp (below 0: absent).
    @inline(__always)
    static func isMoment(_ eventTime: Int64, timestamp: Int64) -> Bool {
        guard eventTime > 0, eventTime < endOfTime else { return false }
        // Both are above -1 here, so their difference fits.
        return timestamp < 0 || eventTime - timestamp <= longestLead
    }
}
