import TestKit
import Testing

@testable import Reconciliation

/// The parts of a recount by themselves.
@Suite struct RecountRunTests {
    static func run(_ entries: [IDEntry], _ folder: RunFolder) throws -> RunFile<IDEntry> {
        var writer = try RunWriter<IDEntry>(in: folder, expected: entries.count)
        for entry in entries.sorted(by: { $0.id < $1.id }) { try writer.append(entry) }
        return try writer.finish()
    }

    @Test func shufflingIsUndone() {
        var generator = SeededGenerator(seed: 1)
        var seen: Set<UInt64> = []
        for index in 0..<10_000 as Range<UInt64> {
            let id = index.isMultiple(of: 2) ? (0, index) : (generator.next(), generator.next())
            let shuffled = ShuffledID(id.0, id.1)
            #expect(shuffled.original == id)
            seen.insert(shuffled.high)
        }
        #expect(seen.count == 10_000)
    }

    /// Ids that lie as no shuffling would have them: all together, or far apart.
    @Test(arguments: [0, 1, 2, 5, 100, 5_000])
    func lookingUp(_ size: Int) throws {
        var generator = SeededGenerator(seed: UInt64(size) + 9)
        let folder = try RunFolder(temporaryIn: "/tmp")
        for spread in [UInt64(3), 2_000, .max] {
            func id() -> ShuffledID {
                var id = ShuffledID(0, 0)
                id.high = UInt64.random(in: 0...spread, using: &generator)
                id.low = UInt64.random(in: 0...1, using: &generator)
                return id
            }
            var entries: [IDEntry] = []
            for offset in 0..<size {
                let id = id()
                if !entries.contains(where: { $0.id == id }) {
                    entries.append(IDEntry(id: id, offset: Int64(offset), streamTime: Int64(offset) * 2))
                }
            }
            let run = try Self.run(entries, folder)
            for count in [1, 10, 3_000] {
                var wanted: [IDEntry] = []
                var ids = (0..<count).map { _ in id() } + entries.prefix(count / 2).map(\.id)
                ids.sort()
                for id in ids where wanted.last?.id != id {
                    wanted.append(IDEntry(id: id, offset: -1, streamTime: 0))
                }
                let places = Dictionary(uniqueKeysWithValues: entries.map { ("\($0.id)", $0) })
                let expected = wanted.map { places["\($0.id)"] ?? $0 }
                wanted.withUnsafeMutableBufferPointer {
                    SortedIDs.look($0.baseAddress!, count: $0.count, in: run)
                }
                #expect(wanted == expected)
            }
        }
    }

    /// Few ids with many copies each, and many with one.
    @Test func keysAreSorted() {
        var generator = SeededGenerator(seed: 4)
        for (count, ids) in [(0, 1), (1, 1), (2, 2), (3, 2), (1_000, 1), (1_000, 3), (1_000, 900), (4_096, 1 << 20)] {
            let keys = IDKeys(capacity: 4_096)
            for _ in 0...1 {
                keys.removeAll()
                var expected: [IDKeys.Key] = []
                for position in 0..<count {
                    let id = ShuffledID(0, UInt64.random(in: 0..<UInt64(ids), using: &generator))
                    keys.append(id, position: position)
                    expected.append(.init(id: id, position: UInt32(position)))
                }
                keys.sort()
                expected.sort(by: IDKeys.Key.precedes)
                let sorted = (0..<count).map { keys.sorted[$0] }
                #expect(sorted.map(\.position) == expected.map(\.position))
            }
        }
    }

    @Test func aStackStaysLowAndKeepsTheNewest() throws {
        let folder = try RunFolder(temporaryIn: "/tmp")
        var stack = RunStack<IDEntry>()
        var newest: [UInt64: Int64] = [:]
        var generator = SeededGenerator(seed: 6)
        for round in 0..<1_000 as Range<Int64> {
            var entries: [UInt64: IDEntry] = [:]
            for _ in 0..<10 {
                let id = UInt64.random(in: 0..<2_000, using: &generator)
                entries[id] = IDEntry(id: ShuffledID(id, 0), offset: round, streamTime: round)
                newest[id] = round
            }
            try stack.push(try Self.run(Array(entries.values), folder), in: folder, floor: .min)
            #expect(stack.runs.count <= 12)
        }
        var found: [UInt64: Int64] = [:]
        var merge = RunMerge(stack.runs.reversed())
        var last: ShuffledID?
        while let least = merge.least {
            if last != least.entry.pointee.id {
                found[least.entry.pointee.id.original.high] = least.entry.pointee.offset
            }
            last = least.entry.pointee.id
            merge.pass()
        }
        #expect(found == newest)
    }

    @Test func aStackForgetsWhatIsBelowTheFloor() throws {
        let folder = try RunFolder(temporaryIn: "/tmp")
        var stack = RunStack<IDEntry>()
        for round in 0..<500 as Range<Int64> {
            let entries = (0..<10 as Range<Int64>).map {
                IDEntry(id: ShuffledID(UInt64(round * 10 + $0), 0), offset: round, streamTime: round)
            }
            try stack.push(try Self.run(entries, folder), in: folder, floor: round - 20)
            // Within the look-back, and what has not been merged since.
            #expect(stack.bytes <= 32 * 10 * 21 * 3, "\(round): \(stack.bytes)")
        }
    }

    @Test func aTableSumsAndSorts() {
        var generator = SeededGenerator(seed: 2)
        let table = RowTable()
        var expected: [SpendRowKey: Int64] = [:]
        for _ in 0..<20_000 {
            var key = SpendRowKey(
                level: [.minute, .adHour].randomElement(using: &generator)!,
                partition: Int32.random(in: 0...2, using: &generator),
                start: Int64.random(in: 0...9, using: &generator) * 60_000,
                campaign: Int64.random(in: -3...3, using: &generator), advertiser: 1, currency: 5)
            key.first = Int64.random(in: 0...2, using: &generator)
            key.second = Int64.random(in: 0...20, using: &generator)
            table.counts(of: key).pointee.clicks += 1
            expected[key, default: 0] += 1
        }
        let rows = table.order().map { table.rows[Int($0)] }
        #expect(rows.map(\.key) == expected.keys.sorted())
        #expect(rows.allSatisfy { $0.counts.clicks == expected[$0.key] })
        table.removeAll()
        #expect(table.count == 0 && table.order() == [])
    }

    @Test func theChecksumSeesEveryByte() {
        let bytes = (0..<104).map { UInt8($0) }
        func sum(_ bytes: [UInt8]) -> UInt64 {
            var hash = RunHash()
            bytes.withUnsafeBytes { hash.add($0) }
            return hash.value
        }
        var sums: Set<UInt64> = [sum(bytes), sum(Array(bytes.dropLast(8)))]
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1
            sums.insert(sum(changed))
        }
        #expect(sums.count == 106)
        var parts = RunHash()
        bytes[..<64].withUnsafeBytes { parts.add($0) }
        bytes[64...].withUnsafeBytes { parts.add($0) }
        #expect(parts.value == sum(bytes))
    }
}
