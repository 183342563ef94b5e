import Schemas
import Streams

/// Some hundred thousand records in memory, as a Kafka client hands them out: the payloads of a partition one behind
/// the other, the records in runs of up to a thousand of one partition.
final class Chunk {
    static let recordsInRun = 1_000

    /// In the order in which they are handed out; a run never crosses a batch.
    private(set) var records: [Record] = []
    /// Where each batch begins, the end of the last one included.
    private(set) var batches: [Int] = []
    private(set) var payloadBytes = 0
    private var buffers: [ByteBufferBox]
    /// By partition, the offset that its next record will get.
    private(set) var nextOffsets: [Int64]

    private final class ByteBufferBox {
        var buffer = ByteBuffer(capacity: 1 << 20)
        /// Where each payload begins.
        var starts: [Int] = []
        var timestamps: [Int64] = []
    }

    init(partitions: Int) {
        buffers = (0..<partitions).map { _ in ByteBufferBox() }
        nextOffsets = Array(repeating: 0, count: partitions)
    }

    /// Replaces what it holds by the next `count` records; offsets go on.
    func fill(_ count: Int, from source: inout EventSource) {
        for box in buffers {
            box.buffer.removeAll()
            box.starts.removeAll(keepingCapacity: true)
            box.timestamps.removeAll(keepingCapacity: true)
        }
        for _ in 0..<count {
            let (event, partition) = source.next()
            let box = buffers[partition]
            box.starts.append(box.buffer.count)
            box.timestamps.append(source.nowMilliseconds)
            AdEventWriter.append(event, to: &box.buffer)
        }
        payloadBytes = buffers.reduce(0) { $0 + $1.buffer.count }
        deal()
    }

    /// Hands the partitions out in turns.
    private func deal() {
        records.removeAll(keepingCapacity: true)
        batches.removeAll(keepingCapacity: true)
        var round = 0
        var found = true
        while found {
            found = false
            for (partition, box) in buffers.enumerated() {
                let start = round * Self.recordsInRun
                guard start < box.starts.count else { continue }
                found = true
                batches.append(records.count)
                for index in start..<min(start + Self.recordsInRun, box.starts.count) {
                    append(box, index, partition)
                }
            }
            round += 1
        }
        batches.append(records.count)
        for (partition, box) in buffers.enumerated() { nextOffsets[partition] += Int64(box.starts.count) }
    }

    private func append(_ box: ByteBufferBox, _ index: Int, _ partition: Int) {
        let start = box.starts[index]
        let end = index + 1 < box.starts.count ? box.starts[index + 1] : box.buffer.count
        let bytes = box.buffer.bytes
        records.append(
            Record(
                partition: Partition(Int32(partition)), offset: Offset(nextOffsets[partition] + Int64(index)),
                timestampMilliseconds: box.timestamps[index], keyStart: nil, keyCount: 0,
                valueStart: bytes.baseAddress.unsafelyUnwrapped + start, valueCount: end - start))
    }
}
