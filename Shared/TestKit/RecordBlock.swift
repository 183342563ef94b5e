public import Streams

/// Records with their bytes in one piece of memory, as a client hands a batch over. The bytes are overwritten when
/// the block goes, so whoever keeps a pointer beyond it reads nonsense and is found out.
public final class RecordBlock {
    private let bytes: UnsafeMutableRawBufferPointer
    private var records: [Record] = []

    public init(_ entries: [(partition: Partition, entry: SimulatedLog.Entry)]) {
        let count = entries.reduce(0) { $0 + ($1.entry.key?.count ?? 0) + ($1.entry.value?.count ?? 0) }
        // Never empty: an empty payload is a pointer and a count of 0.
        bytes = .allocate(byteCount: count + 1, alignment: 1)
        var used = 0
        func place(_ part: [UInt8]?) -> UnsafeRawPointer? {
            guard let part else { return nil }
            let start = bytes.baseAddress.map { $0 + used }
            part.withUnsafeBytes { source in
                if let from = source.baseAddress { start?.copyMemory(from: from, byteCount: source.count) }
            }
            used += part.count
            return start.map { UnsafeRawPointer($0) }
        }
        records.reserveCapacity(entries.count)
        for (number, (partition, entry)) in entries.enumerated() {
            records.append(
                Record(
                    partition: partition, offset: entry.offset, timestampMilliseconds: entry.timestampMilliseconds,
                    keyStart: place(entry.key), keyCount: entry.key?.count ?? 0,
                    valueStart: place(entry.value), valueCount: entry.value?.count ?? 0,
                    // Never null, so that the number of a record can be told from no handle.
                    handle: UnsafeMutableRawPointer(bitPattern: number + 1)))
        }
    }

    deinit {
        bytes.initializeMemory(as: UInt8.self, repeating: 0xDD)
        bytes.deallocate()
    }

    /// The place in the block of a record that it handed out.
    public static func number(of record: Record) -> Int { Int(bitPattern: record.handle) - 1 }

    public func withRecords<R>(_ body: (UnsafeBufferPointer<Record>) -> R) -> R {
        records.withUnsafeBufferPointer(body)
    }
}
