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

/// What the payload of a generated record holds.
enum PayloadModel: Equatable {
    /// The event, encoded as the schema says.
    case event
    /// No payload: null in Kafka.
    case null
    /// A payload of zero bytes.
    case empty
    /// Bytes that are no protobuf message.
    case undecodable(Damage)

    /// How the bytes came to be no message. Each is refused by protobuf's own rules, whatever the event was.
    enum Damage: Int, CaseIterable, Equatable {
        /// The first field says 16 bytes, and the payload ends after seven of them.
        case truncated
        /// The payload starts with a tag whose varint does not end within ten bytes.
        case endlessVarint
        /// The payload starts with the tag of field 0, which does not exist.
        case fieldZero
        /// After the whole message comes a tag with wire type 6, which does not exist.
        case unknownWireType
        /// After the whole message a group ends that never began.
        case groupEnd
        /// The producer sent JSON.
        case json
    }
}

/// A record as it is sent: where, with which timestamp, and what it holds.
struct GeneratedRecord: Equatable {
    var partition: Int32 = 0
    /// The record's own timestamp: when it arrived, in milliseconds of Unix time; -1 for none.
    var timestampMilliseconds: Int64 = 0
    var payload = PayloadModel.event
    /// The event; where the payload is not `.event` what it would have been, which names key and partition.
    var event = AdEventModel()
}
