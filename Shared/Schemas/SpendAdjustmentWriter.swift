/// Writes `sluice.ads.v1.SpendAdjustment` in its wire format: fields in the order of their numbers, those that are 0 or
/// empty left out. The bytes are those that the generated code writes.
public enum SpendAdjustmentWriter {
    /// The longest `adjustment_id` that is written. Ids of other lengths than 16 exist to make faulty records.
    public static let idLengthLimit = 64
    /// The most bytes that are written of a text that did not fit its place.
    public static let textLimit = WirePen.faultyTextLimit

    /// The most bytes that one adjustment can take: every varint at its ten bytes.
    static let sizeLimit = 2 + idLengthLimit + 6 * 11 + 5 + 2 * (3 + textLimit)

    /// Appends one adjustment.
    ///
    /// An id whose `idLength` is not 16 is written with that many bytes, up to `idLengthLimit`: those of `idHigh` and
    /// `idLow`, then zeros. A currency that is not 0 is written with its packed bytes, valid or not; a text that did
    /// not fit, as that many letters, up to `textLimit`.
    ///
    /// - Returns: how many bytes were written.
    @discardableResult
    public static func append(_ adjustment: SpendAdjustment, to buffer: inout ByteBuffer) -> Int {
        buffer.write(atMost: sizeLimit) { pen in
            if adjustment.idLength > 0 {
                let length = min(Int(adjustment.idLength), idLengthLimit)
                pen.id(adjustment.idHigh, adjustment.idLow, length: length)
            }
            pen.varint(0x10, adjustment.eventTimeMilliseconds)
            pen.varint(0x18, adjustment.advertiserID)
            pen.varint(0x20, adjustment.campaignID)
            pen.varint(0x28, adjustment.adGroupID)
            pen.varint(0x30, adjustment.adID)
            pen.zigzag(0x38, adjustment.amountNanos)
            pen.currency(0x42, adjustment.currency)
            pen.text(0x4A, adjustment.reason)
            pen.text(0x52, adjustment.reference)
        }
    }

    /// One adjustment's bytes in an array of their own.
    public static func encode(_ adjustment: SpendAdjustment) -> [UInt8] {
        var buffer = ByteBuffer(capacity: sizeLimit)
        append(adjustment, to: &buffer)
        return Array(buffer.bytes)
    }
}
