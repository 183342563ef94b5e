/// A repeat beyond the horizon as a file holds it.
struct RepeatEntry: RunEntry {
    /// The row of the level minute; its partition is the repeat's.
    var key: SpendRowKey
    var offset: Int64
    var earlierOffset: Int64
    var gap: Int64
    var counts: SpendCounts

    static var kind: String { "repeats" }
    static func precedes(_ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>) -> Bool {
        (a.pointee.key.partition, a.pointee.offset) < (b.pointee.key.partition, b.pointee.offset)
    }
    static func combined(older: UnsafePointer<Self>, newer: UnsafePointer<Self>) -> Self { newer.pointee }
    func isKept(_ floor: Int64) -> Bool { true }
    var moment: Int64 { .max }

    var finding: RecountedRepeat {
        RecountedRepeat(
            kind: .beyondHorizon, partition: key.partition, offset: offset, earlierPartition: key.partition,
            earlierOffset: earlierOffset, gapMilliseconds: gap, row: key, counts: counts)
    }
}

/// Repeats beyond the horizon: how many there are in each partition, what they added, and the first of them.
struct RepeatStore {
    struct Sum {
        var count: Int64 = 0
        var nanos: [UInt32: Int128] = [:]
        var first: [RepeatEntry] = []

        /// - Returns: whether it is kept as an example.
        mutating func add(_ entry: RepeatEntry) -> Bool {
            count += 1
            nanos[entry.key.currency, default: 0] += entry.counts.spendNanos
            guard first.count < RepeatFindings.kept else { return false }
            first.append(entry)
            return true
        }
    }

    private(set) var sums: [Int32: Sum] = [:]
    /// Whether examples have come since they were written last.
    var isChanged = false

    mutating func restore(_ partition: Int32, _ sum: Sum) { sums[partition] = sum }

    mutating func restore(_ example: RepeatEntry) { sums[example.key.partition, default: Sum()].first.append(example) }

    mutating func add(_ block: JudgedBlock) {
        for position in 0..<block.count {
            let mark = block.marks[position]
            guard mark.hasCopy, !mark.isDuplicate else { continue }
            let event = block.events[position]
            let counts = event.counts(isLate: mark.isLate)
            let entry = RepeatEntry(
                key: event.rowKey(.minute), offset: event.offset, earlierOffset: mark.copy, gap: mark.gap,
                counts: counts)
            if sums[event.partition, default: Sum()].add(entry) { isChanged = true }
        }
    }

    var findings: RepeatFindings {
        var findings = RepeatFindings()
        for (_, sum) in sums.sorted(by: { $0.key < $1.key }) {
            findings.count += sum.count
            for (currency, nanos) in sum.nanos {
                findings.nanosByCurrency[RecountText.letters(currency, count: 3), default: 0] += nanos
            }
            findings.first += sum.first.prefix(RepeatFindings.kept - findings.first.count).map(\.finding)
        }
        return findings
    }
}
