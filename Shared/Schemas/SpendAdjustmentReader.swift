/// Reads `sluice.ads.v1.SpendAdjustment` from its wire format in place, by the rules of `AdEventReader`: no allocation.
public enum SpendAdjustmentReader {
    /// Reads one adjustment.
    ///
    /// No bytes at all are an adjustment whose fields are all 0: whether that is acceptable is for the caller to say.
    ///
    /// - Parameters:
    ///   - bytes: the payload.
    ///   - adjustment: what was read; unspecified where the answer is false.
    /// - Returns: whether the bytes decode.
    public static func read(_ bytes: UnsafeRawBufferPointer, into adjustment: inout SpendAdjustment) -> Bool {
        adjustment = SpendAdjustment()
        guard let start = bytes.baseAddress else { return true }
        var cursor = WireCursor(start, count: bytes.count)
        while cursor.hasMore {
            guard let tag = cursor.tag() else { return false }
            let read =
                switch tag {
                case 0x0A: cursor.id(&adjustment.idHigh, &adjustment.idLow, length: &adjustment.idLength)
                case 0x10: cursor.int64(&adjustment.eventTimeMilliseconds)
                case 0x18: cursor.int64(&adjustment.advertiserID)
                case 0x20: cursor.int64(&adjustment.campaignID)
                case 0x28: cursor.int64(&adjustment.adGroupID)
                case 0x30: cursor.int64(&adjustment.adID)
                case 0x38: cursor.sint64(&adjustment.amountNanos)
                case 0x42: cursor.currency(&adjustment.currency)
                case 0x4A: cursor.text(&adjustment.reason)
                case 0x52: cursor.text(&adjustment.reference)
                default: cursor.skip(tag)
                }
            guard read else { return false }
        }
        return true
    }
}
