/// Writes `sluice.ads.v1.CampaignBudget` in its wire format: fields in the order of their numbers, those that are 0 or
/// empty left out. The bytes are those that the generated code writes.
public enum CampaignBudgetWriter {
    /// The most bytes that are written of a time zone that did not fit its place.
    public static let textLimit = WirePen.faultyTextLimit

    /// The most bytes that one budget can take: every varint at its ten bytes.
    static let sizeLimit = 7 * 11 + 5 + 3 + textLimit

    /// Appends one budget.
    ///
    /// A currency that is not 0 is written with its packed bytes, valid or not; a time zone that did not fit, as that
    /// many letters, up to `textLimit`.
    ///
    /// - Returns: how many bytes were written.
    @discardableResult
    public static func append(_ budget: CampaignBudget, to buffer: inout ByteBuffer) -> Int {
        buffer.write(atMost: sizeLimit) { pen in
            pen.varint(0x08, budget.campaignID)
            pen.varint(0x10, budget.advertiserID)
            pen.currency(0x1A, budget.currency)
            pen.varint(0x20, budget.dailyBudgetNanos)
            pen.varint(0x28, budget.lifetimeBudgetNanos)
            pen.text(0x32, budget.timeZone)
            pen.varint(0x38, budget.startsMilliseconds)
            pen.varint(0x40, budget.endsMilliseconds)
            pen.varint(0x48, budget.version)
        }
    }

    /// One budget's bytes in an array of their own.
    public static func encode(_ budget: CampaignBudget) -> [UInt8] {
        var buffer = ByteBuffer(capacity: sizeLimit)
        append(budget, to: &buffer)
        return Array(buffer.bytes)
    }
}
