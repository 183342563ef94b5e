/// Takes the data of a `COPY ... FROM STDIN` and sends it in pieces of 64 KiB.
///
/// Given to the closure of `PostgresConnection.copyIn(_:write:)` and of use only there.
public struct CopyWriter: ~Copyable {
    /// The most bytes that wait here before they are sent.
    public static let chunkBytes = 64 << 10

    private let connection: PostgresConnection
    private let handle: OpaquePointer
    private var buffer: [UInt8] = []
    /// The bytes written so far.
    public private(set) var byteCount = 0

    init(_ connection: PostgresConnection, _ handle: OpaquePointer) {
        self.connection = connection
        self.handle = handle
        buffer.reserveCapacity(Self.chunkBytes)
    }

    /// Writes bytes in the format that the COPY statement names.
    public mutating func write(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) {
        byteCount += bytes.count
        var rest = bytes[...]
        while !rest.isEmpty {
            let piece = rest.prefix(Self.chunkBytes - buffer.count)
            buffer.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
            if buffer.count == Self.chunkBytes { try send() }
        }
    }

    public mutating func write(_ bytes: [UInt8]) throws(PostgresError) {
        try bytes.withUnsafeBufferPointer { bytes throws(PostgresError) in try write(UnsafeRawBufferPointer(bytes)) }
    }

    public mutating func write(_ text: String) throws(PostgresError) {
        try write(Array(text.utf8))
    }

    /// Writes one row of COPY's text format (PostgreSQL manual, COPY, "Text Format"): tabs between the fields, `\N`
    /// for nil, and what would be taken for either escaped.
    public mutating func writeRow(_ fields: [String?]) throws(PostgresError) {
        var row: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { row.append(UInt8(ascii: "\t")) }
            guard let field else {
                row += [UInt8(ascii: "\\"), UInt8(ascii: "N")]
                continue
            }
            for byte in field.utf8 {
                switch byte {
                case UInt8(ascii: "\\"): row += [UInt8(ascii: "\\"), UInt8(ascii: "\\")]
                case UInt8(ascii: "\t"): row += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
                case UInt8(ascii: "\n"): row += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
                case UInt8(ascii: "\r"): row += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
                default: row.append(byte)
                }
            }
        }
        row.append(UInt8(ascii: "\n"))
        try write(row)
    }

    /// Sends what waits.
    mutating func send() throws(PostgresError) {
        guard !buffer.isEmpty else { return }
        try connection.sendCopy(buffer, handle)
        buffer.removeAll(keepingCapacity: true)
    }
}
