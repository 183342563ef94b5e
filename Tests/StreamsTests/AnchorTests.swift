import Streams
import TestKit
import Testing

@Suite struct AnchorTests {
    private func hash(_ key: [UInt8]?, _ value: [UInt8]?) -> UInt64 {
        let entry = SimulatedLog.Entry(offset: Offset(3), timestampMilliseconds: 4, key: key, value: value)
        return RecordBlock([(Partition(0), entry)]).withRecords { Anchor.hash(of: $0[0]) }
    }

    /// The values are stored in databases: a change of the function is a migration. Worked out by hand with FNV-1a
    /// over presence, length (8 bytes, the lowest first) and bytes of key and payload.
    @Test func theHashIsTheStoredOne() {
        func fnv(_ bytes: [UInt8]) -> UInt64 {
            bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        }
        #expect(hash(nil, nil) == 0x0832_8807_b4eb_6fed)
        #expect(hash(nil, nil) == fnv([0, 0]))
        #expect(hash([], nil) == fnv([1, 0, 0, 0, 0, 0, 0, 0, 0, 0]))
        #expect(hash([65], [66, 67]) == fnv([1, 1, 0, 0, 0, 0, 0, 0, 0, 65, 1, 2, 0, 0, 0, 0, 0, 0, 0, 66, 67]))
    }

    @Test func whereAKeyEndsAndWhatIsNullMatters() {
        let records: [([UInt8]?, [UInt8]?)] = [
            (nil, nil), ([], nil), (nil, []), ([], []), ([1], nil), (nil, [1]), ([1], []), ([], [1]), ([1], [2]),
            ([1, 2], []), ([], [1, 2]), ([0], nil), ([0, 0], nil), ([2], [1]),
        ]
        #expect(Set(records.map { hash($0.0, $0.1) }).count == records.count)
    }

    @Test func anAnchorIsTheRecordsOffsetTimestampAndHash() {
        let log = SimulatedLog(topic: "t")
        log.append(to: Partition(1), timestampMilliseconds: 7, key: nil, value: nil)
        #expect(
            log.anchor(Partition(1), at: Offset(0))
                == Anchor(offset: Offset(0), timestampMilliseconds: 7, hash: 0x0832_8807_b4eb_6fed))
    }
}
