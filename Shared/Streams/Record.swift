/// One record of a partition, as the source holds it: pointers into the source's memory, nothing copied.
///
/// Valid only while the batch that it came in is valid; whoever wants to keep bytes copies them.
/// A record without a payload (a null value, in a compacted topic a tombstone) has `value == nil`;
/// an empty payload is a buffer of zero bytes.
@frozen
public struct Record: BitwiseCopyable {
    public var partition: Partition
    public var offset: Offset
    /// The record's own timestamp in milliseconds of Unix time; -1 where the log has none.
    public var timestampMilliseconds: Int64
    @usableFromInline var keyStart: UnsafeRawPointer?
    @usableFromInline var keyCount: Int
    @usableFromInline var valueStart: UnsafeRawPointer?
    @usableFromInline var valueCount: Int
    /// Whatever the source needs to find the rest of the record again (headers, for a dead letter).
    public var handle: UnsafeMutableRawPointer?

    /// - Parameters:
    ///   - keyStart, valueStart: nil means null; an empty buffer has any non-null start and a count of 0.
    @inlinable
    public init(
        partition: Partition, offset: Offset, timestampMilliseconds: Int64,
        keyStart: UnsafeRawPointer?, keyCount: Int,
        valueStart: UnsafeRawPointer?, valueCount: Int,
        handle: UnsafeMutableRawPointer? = nil
    ) {
        self.partition = partition
        self.offset = offset
        self.timestampMilliseconds = timestampMilliseconds
        self.keyStart = keyStart
        self.keyCount = keyCount
        self.valueStart = valueStart
        self.valueCount = valueCount
        self.handle = handle
    }

    /// The key's bytes; nil where the record has no key.
    @inlinable public var key: UnsafeRawBufferPointer? {
        keyStart.map { UnsafeRawBufferPointer(start: $0, count: keyCount) }
    }

    /// The payload's bytes; nil where the record has none.
    @inlinable public var value: UnsafeRawBufferPointer? {
        valueStart.map { UnsafeRawBufferPointer(start: $0, count: valueCount) }
    }
}
