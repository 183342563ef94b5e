import Streams
import Testing

@testable import Archive

/// The bytes of a block, whatever they are: checksums keep damage away from here, but not somebody's own writer.
struct RecordCursorTests {
    private struct Numbers {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state >> 33
        }
    }

    /// Reads to the end or to the first error; every byte that is handed out must lie within the block.
    private func read(_ bytes: [UInt8], _ header: BlockHeader) -> (records: [KeptRecord], isDamaged: Bool) {
        bytes.withUnsafeBytes { block in
            var cursor = RecordCursor(block, header, partition: Partition(0))
            var records: [KeptRecord] = []
            do throws(ArchiveError) {
                while let record = try cursor.next() {
                    for part in [record.key, record.value] {
                        guard let start = part?.baseAddress, let count = part?.count else { continue }
                        #expect(start >= block.baseAddress! && start + count <= block.baseAddress! + block.count)
                    }
                    #expect(record.offset >= header.first && record.offset <= header.last)
                    if let before = records.last { #expect(record.offset.rawValue > before.offset) }
                    records.append(KeptRecord(record, headers: cursor.headers()))
                }
            } catch {
                #expect(error.code == .damaged)
                return (records, true)
            }
            return (records, false)
        }
    }

    private func block(of records: [KeptRecord]) -> ([UInt8], BlockHeader) {
        var block = RecordBlock(capacity: 10)
        for record in records {
            record.withRecord(Partition(0)) {
                block.append($0, record.headers, bound: RecordBlock.bound($0, record.headers))
            }
        }
        let header = BlockHeader(
            compressedCount: 1, rawCount: block.byteCount, recordCount: block.recordCount, first: block.first,
            last: block.last, dataChecksum: 0)
        return (Array(block.bytes), header)
    }

    @Test("Any bytes are records or an error, and nothing beyond them is read")
    func anyBytes() {
        var numbers = Numbers(state: 5)
        for _ in 0..<3_000 {
            let count = 1 + Int(numbers.next() % 120)
            // Small numbers often, so that lengths fit now and then.
            let bytes = (0..<count).map { _ in
                numbers.next() % 3 == 0 ? UInt8(truncatingIfNeeded: numbers.next()) : UInt8(numbers.next() % 6)
            }
            let header = BlockHeader(
                compressedCount: 1, rawCount: count, recordCount: 1 + Int(numbers.next() % 8), first: Offset(3),
                last: Offset(3 + Int64(numbers.next() % 40)), dataChecksum: 0)
            let (records, isDamaged) = read(bytes, header)
            #expect(isDamaged || records.count == header.recordCount)
        }
    }

    @Test("A block that is changed in one byte, or cut off, is other records or an error")
    func changed() {
        let records = KeptRecord.varied([4, 5, 9, 30, 31, 32, 33, 90])
        let (bytes, header) = block(of: records)
        #expect(read(bytes, header).records == records)
        for index in bytes.indices {
            for value in [0, 1, 0x7F, 0x80, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = value
                let (found, isDamaged) = read(changed, header)
                #expect(isDamaged || found.count == records.count)
            }
            if index > 0 { #expect(read(Array(bytes[..<index]), header).isDamaged) }
        }
        #expect(read(bytes + [0], header).isDamaged)
        // What the header says is checked as well.
        var other = header
        other.last = Offset(91)
        #expect(read(bytes, other).isDamaged)
        other = header
        other.recordCount -= 1
        #expect(read(bytes, other).isDamaged)
        other.recordCount += 2
        #expect(!(read(bytes, other).records.count == other.recordCount))
    }

    @Test("Numbers of more than 64 bits are refused")
    func numbers() {
        let header = BlockHeader(
            compressedCount: 1, rawCount: 16, recordCount: 1, first: Offset(0), last: Offset(0), dataChecksum: 0)
        let long = [0] + [UInt8](repeating: 0xFF, count: 9)
        #expect(!read(long + [0x01, 0, 0, 0], header).isDamaged)
        #expect(read(long + [0x02, 0, 0, 0], header).isDamaged)
        #expect(read(long + [0x81, 0, 0, 0, 0], header).isDamaged)
    }
}
