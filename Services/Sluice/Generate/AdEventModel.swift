/// One ad event as the generator means it, field by field, before anything is encoded or damaged.
///
/// The truth judges these fields, never bytes: that keeps it apart from every decoder that it is used to check.
struct AdEventModel: Equatable {
    /// The event's id, as the two halves of 16 bytes in the order of the bytes.
    var idHigh: UInt64 = 0
    var idLow: UInt64 = 0
    /// How many bytes of an id are sent: 16 for a sound event. More than 16 are filled with zeros.
    var idByteCount = 16
    var eventTimeMilliseconds: Int64 = 0
    var advertiser: Int64 = 0
    var campaign: Int64 = 0
    var adGroup: Int64 = 0
    var ad: Int64 = 0
    /// The number of the event type on the wire.
    var type: Int32 = 0
    /// The number of the pricing model on the wire.
    var pricing: Int32 = 0
    var priceMicros: Int64 = 0
    /// At most 15 bytes, so that it never needs memory of its own.
    var currency = ""
    var placement: Int32 = 0
    /// At most 15 bytes, as with the currency.
    var country = ""
    var userHash: UInt64 = 0
    var invalidReason: Int32 = 0

    /// The bytes of the id that are sent.
    var idBytes: [UInt8] {
        (0..<idByteCount).map { index in
            switch index {
            case 0..<8: UInt8(truncatingIfNeeded: idHigh >> UInt64(56 - 8 * index))
            case 8..<16: UInt8(truncatingIfNeeded: idLow >> UInt64(56 - 8 * (index - 8)))
            default: 0
            }
        }
    }
}
