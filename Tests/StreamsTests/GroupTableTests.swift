import Streams
import TestKit
import Testing

private struct Key: GroupKey, Hashable {
    var a: Int64
    var b: Int32
    /// Few different hashes, so that keys get into each other's way.
    var groupHash: UInt64 { UInt64(bitPattern: a) % 97 &* 0x9E37_79B9_7F4A_7C15 >> 20 }
}

@Suite struct GroupTableTests {
    @Test(arguments: [1, 2, 3] as [UInt64])
    func holdsWhatADictionaryHolds(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var table = GroupTable<Key, Int64>(zero: 0, minimumCapacity: 1)
        var model: [Key: Int64] = [:]
        var order: [Key] = []
        for round in 0..<4 {
            for _ in 0..<3_000 {
                let key = Key(
                    a: Int64.random(in: -200...200, using: &random), b: Int32.random(in: 0...3, using: &random))
                let amount = Int64.random(in: -5...5, using: &random)
                table.aggregate(for: key).pointee += amount
                if model.updateValue(model[key, default: 0] + amount, forKey: key) == nil { order.append(key) }
            }
            let entries = Array(table.all)
            #expect(entries.map(\.key) == order, "entries stand in order of first sight")
            #expect(entries.allSatisfy { $0.aggregate == model[$0.key] })
            if round % 2 == 1 {
                let bytes = table.byteCount
                table.removeAll()
                model.removeAll()
                order.removeAll()
                let (count, kept) = (table.count, table.byteCount)
                #expect(count == 0 && kept == bytes)
            }
        }
    }

    @Test func everyKeyStartsFromZeroAgainAfterRemoval() {
        var table = GroupTable<Key, Int64>(zero: 40, minimumCapacity: 16)
        table.aggregate(for: Key(a: 1, b: 1)).pointee += 2
        let kept = table.aggregate(for: Key(a: 1, b: 1)).pointee
        table.removeAll()
        let fresh = table.aggregate(for: Key(a: 1, b: 1)).pointee
        #expect(kept == 42 && fresh == 40)
    }
}
