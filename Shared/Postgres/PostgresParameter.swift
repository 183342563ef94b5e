/// A value for `$1`, `$2` and so on of a statement.
///
/// Scalars other than `bytea` travel as text, so that they fit whatever type the server gives the parameter;
/// arrays travel in binary with their type.
public enum PostgresParameter: Sendable {
    /// Text of the type that the server infers. It must not contain a zero byte, which PostgreSQL cannot store.
    case text(String)
    case int8(Int64)
    case bool(Bool)
    case bytea([UInt8])
    case null
    /// An array built by a `BinaryArrayBuilder`.
    case array(BinaryArray)

    /// The type that is declared to the server.
    public var type: PostgresType {
        switch self {
        case .text, .null: .inferred
        case .int8: .int8
        case .bool: .bool
        case .bytea: .bytea
        case .array(let array): array.type
        }
    }
}

/// An array in PostgreSQL's binary form, as a parameter. It shares the memory of the builder that made it: drop it
/// before the builder is filled again, or that filling starts by copying the memory.
public struct BinaryArray: Sendable {
    public let type: PostgresType
    /// The bytes that are sent.
    public let byteCount: Int
    let storage: ByteStorage

    @usableFromInline
    init(type: PostgresType, byteCount: Int, storage: ByteStorage) {
        self.type = type
        self.byteCount = byteCount
        self.storage = storage
    }
}
