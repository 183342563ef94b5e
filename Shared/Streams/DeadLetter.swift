/// A record that cannot be processed, whole, with its reason. Stored in the transaction that moves the progress
/// past it.
public struct DeadLetter: Equatable, Sendable {
    public var offset: Offset
    /// The fixed code of the reason, part of the schema's contract.
    public var reason: String
    /// Milliseconds, -1 where the record has no timestamp.
    public var timestampMilliseconds: Int64
    public var key: [UInt8]?
    /// nil where the record has no payload, empty where it has one of zero bytes.
    public var payload: [UInt8]?
    public var headers: [RecordHeader]

    public init(_ record: Record, reason: String, headers: [RecordHeader]) {
        offset = record.offset
        self.reason = reason
        timestampMilliseconds = record.timestampMilliseconds
        key = record.key.map { [UInt8]($0) }
        payload = record.value.map { [UInt8]($0) }
        self.headers = headers
    }

    /// Bytes that the letter holds, for the limit on what a checkpoint may carry.
    public var byteCount: Int {
        (key?.count ?? 0) + (payload?.count ?? 0)
            + headers.reduce(0) { $0 + $1.name.utf8.count + ($1.value?.count ?? 0) } + 64
    }
}
