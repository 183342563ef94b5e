/// The key of a record in a topic that is keyed by campaign.
public enum CampaignKey {
    /// The campaign that a key names: decimal text as the contract has it, an optional minus and digits without zeros in
    /// front. A compacted topic takes two spellings of one number for two keys, so there is one spelling only.
    ///
    /// - Returns: nil where the bytes are not such a text, or the number does not fit 64 bits.
    public static func campaignID(_ key: UnsafeRawBufferPointer) -> Int64? {
        let isNegative = key.first == UInt8(ascii: "-")
        let digits = key.dropFirst(isNegative ? 1 : 0)
        guard let first = digits.first, digits.count <= 19 else { return nil }
        guard first != UInt8(ascii: "0") || (digits.count == 1 && !isNegative) else { return nil }
        // Towards the negative, whose range is the larger one.
        var number: Int64 = 0
        for byte in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, isTooLarge) = number.multipliedReportingOverflow(by: 10)
            let (next, isTooLargeNow) = tenfold.subtractingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !isTooLarge, !isTooLargeNow else { return nil }
            number = next
        }
        guard !isNegative else { return number }
        return number == .min ? nil : -number
    }
}
