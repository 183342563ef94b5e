public import Streams

/// A message that waits in an outbox table for its publication.
public struct OutboxRecord: Equatable, Sendable {
    /// Messages of one lane are published in the order of their sequence.
    public var lane: Int32
    /// Dense within the lane, from 1.
    public var sequence: Int64
    public var key: [UInt8]
    public var value: [UInt8]
    public var headers: [RecordHeader]
    /// When it was written, in milliseconds of Unix time; nil where the table does not say. It never changes for a
    /// message: by it a relay tells that a sequence was given again after a failover that lost its first message.
    public var writtenAtMilliseconds: Int64?

    public init(
        lane: Int32, sequence: Int64, key: [UInt8], value: [UInt8], headers: [RecordHeader] = [],
        writtenAtMilliseconds: Int64? = nil
    ) {
        self.lane = lane
        self.sequence = sequence
        self.key = key
        self.value = value
        self.headers = headers
        self.writtenAtMilliseconds = writtenAtMilliseconds
    }
}
