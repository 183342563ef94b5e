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
