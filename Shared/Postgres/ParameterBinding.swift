import CPostgres

/// The parameters of one statement as libpq wants them: four parallel arrays and the memory that they point into.
/// The pointers are valid as long as the binding lives; use it within `withExtendedLifetime`.
struct ParameterBinding {
    /// PostgreSQL's protocol counts parameters in 16 bits.
    static let maximumCount = 65_535

    private(set) var types: [Oid] = []
    private(set) var values: [UnsafePointer<CChar>?] = []
    private(set) var lengths: [Int32] = []
    private(set) var formats: [Int32] = []
    /// The bytes of all values together.
    private(set) var byteCount = 0
    private let parameters: [PostgresParameter]
    private let scratch: ByteStorage

    var count: Int32 { Int32(values.count) }

    /// - Throws: `.invalidArgument` for too many parameters, too many bytes, or text with a zero byte.
    init(_ parameters: [PostgresParameter], maximumBytes: Int, operation: String) throws(PostgresError) {
        self.parameters = parameters
        let scratchBytes = try Self.measure(parameters, maximumBytes: maximumBytes, operation: operation)
        scratch = ByteStorage(capacity: max(scratchBytes, 1))
        var next = scratch.start
        types.reserveCapacity(parameters.count)
        values.reserveCapacity(parameters.count)
        lengths.reserveCapacity(parameters.count)
        formats.reserveCapacity(parameters.count)
        for parameter in parameters {
            switch parameter {
            case .text(let text): appendText(text, at: &next, type: .inferred)
            case .int8(let value): appendText(String(value), at: &next, type: .int8)
            case .bool(let value): appendText(value ? "t" : "f", at: &next, type: .bool)
            case .null: append(nil, count: 0, isBinary: false, type: .inferred)
            case .bytea(let bytes):
                bytes.withUnsafeBytes {
                    next.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(next), byteCount: $0.count)
                }
                append(UnsafeRawPointer(next), count: bytes.count, isBinary: true, type: .bytea)
                next += bytes.count
            case .array(let array):
                append(UnsafeRawPointer(array.storage.start), count: array.byteCount, isBinary: true, type: array.type)
            }
        }
    }

    /// The bytes of scratch memory that the scalars need; checks the limits on the way.
    private static func measure(
        _ parameters: [PostgresParameter], maximumBytes: Int, operation: String
    ) throws(PostgresError) -> Int {
        guard parameters.count <= maximumCount else {
            throw PostgresError(
                .invalidArgument,
                "A statement has \(parameters.count) parameters; PostgreSQL allows \(maximumCount).",
                hint: "Pass arrays and unnest them.", context: operation)
        }
        var scratchBytes = 0
        var arrayBytes = 0
        for (index, parameter) in parameters.enumerated() {
            switch parameter {
            case .text(let text):
                guard !text.utf8.contains(0) else {
                    throw PostgresError(
                        .invalidArgument, "Parameter $\(index + 1) is text with a zero byte.",
                        hint: "PostgreSQL's text cannot hold one: store bytea.", context: operation)
                }
                scratchBytes += text.utf8.count + 1
            case .int8: scratchBytes += 21
            case .bool: scratchBytes += 2
            case .bytea(let bytes): scratchBytes += bytes.count
            case .null: break
            case .array(let array): arrayBytes += array.byteCount
            }
        }
        guard scratchBytes + arrayBytes <= maximumBytes else {
            throw PostgresError(
                .invalidArgument,
                "The parameters of one statement hold \(scratchBytes + arrayBytes) bytes; "
                    + "the limit (maximumBindBytes) is \(maximumBytes).",
                hint: "Split the rows over several statements, or use COPY.", context: operation)
        }
        return scratchBytes
    }

    private mutating func appendText(_ text: String, at next: inout UnsafeMutableRawPointer, type: PostgresType) {
        let start = next
        for byte in text.utf8 {
            next.storeBytes(of: byte, as: UInt8.self)
            next += 1
        }
        append(UnsafeRawPointer(start), count: next - start, isBinary: false, type: type)
        next.storeBytes(of: 0, as: UInt8.self)
        next += 1
    }

    private mutating func append(_ start: UnsafeRawPointer?, count: Int, isBinary: Bool, type: PostgresType) {
        types.append(type.rawValue)
        values.append(start?.assumingMemoryBound(to: CChar.self))
        lengths.append(Int32(count))
        formats.append(isBinary ? 1 : 0)
        byteCount += count
    }
}
