import Streams

/// A topic with all that befalls a real one: transactions, retention, compaction, unclean elections, deletion and
/// creation under the same name. Nothing that was ever in it is forgotten, so that an auditor can tell what a reader
/// must have seen.
final class SimulatedTopic {
    let name: String
    private(set) var partitions: [SimulatedPartition] = []
    /// Every record that ever was, by its number.
    private(set) var lives: [RecordLife] = []
    /// Counts what happens to the log.
    private(set) var changes = 0
    /// The furthest place at which each partition ever began.
    private(set) var wasStart: [Int: Int64] = [:]
    /// Partitions of which records were taken back or exchanged.
    private var cut: Set<Int> = []
    private let judge: ContractJudge

    init(name: String, judge: ContractJudge) {
        self.name = name
        self.judge = judge
    }

    func addPartition() { partitions.append(SimulatedPartition()) }

    // MARK: What producers do

    /// Appends a record, in a transaction or outside of any; returns its number.
    @discardableResult
    func append(
        to partition: Int, timestampMilliseconds: Int64, key: [UInt8]?, value: [UInt8]?, headers: [RecordHeader],
        transaction: Int? = nil
    ) -> Int {
        changes += 1
        let entry = SimulatedLog.Entry(
            offset: Offset(partitions[partition].end), timestampMilliseconds: timestampMilliseconds, key: key,
            value: value, headers: headers)
        let number = lives.count
        lives.append(
            RecordLife(partition: partition, entry: entry, judged: judge.decode(entry), born: changes))
        partitions[partition].append(number, transaction: transaction)
        return number
    }

    /// Writes the marker that ends a transaction.
    func endTransaction(_ transaction: Int, in partition: Int, committing: Bool) {
        changes += 1
        let aborted = partitions[partition].endTransaction(transaction, committing: committing)
        for number in aborted { finish(number, .aborted) }
    }

    // MARK: What befalls a log

    /// The records before `offset` are gone. Returns their numbers, as all of these do.
    func removeBefore(_ partition: Int, _ offset: Int64) -> [Int] {
        changes += 1
        let gone = partitions[partition].removeBefore(offset)
        for number in gone { finish(number, .retention) }
        wasStart[partition] = max(wasStart[partition] ?? 0, partitions[partition].start)
        return gone
    }

    func compact(_ partition: Int, offset: Int64) -> [Int] {
        changes += 1
        guard let number = partitions[partition].remove(at: offset) else { return [] }
        finish(number, .compaction)
        return [number]
    }

    /// The log ends at `end` now, and another broker leads it.
    func truncate(_ partition: Int, to end: Int64) -> [Int] {
        changes += 1
        cut.insert(partition)
        let gone = partitions[partition].truncate(to: end)
        for number in gone { finish(number, .truncation) }
        return gone
    }

    func recreate(_ partition: Int) -> [Int] {
        changes += 1
        cut.insert(partition)
        let gone = partitions[partition].recreate()
        for number in gone { finish(number, .recreation) }
        wasStart[partition] = 0
        return gone
    }

    /// Another record stands where one stood.
    func replace(_ partition: Int, offset: Int64, value: [UInt8]) -> [Int] {
        guard let old = partitions[partition].number(at: offset) else { return [] }
        changes += 1
        cut.insert(partition)
        finish(old, .replacement)
        var entry = lives[old].entry
        entry.value = value
        let number = lives.count
        lives.append(RecordLife(partition: partition, entry: entry, judged: judge.decode(entry), born: changes))
        partitions[partition].replace(at: offset, with: number)
        return [old]
    }

    /// Whether another log than the one before ever stood under the partition's offsets.
    func wasCut(_ partition: Int) -> Bool { cut.contains(partition) }

    private func finish(_ number: Int, _ end: RecordEnd) {
        lives[number].ended = changes
        lives[number].end = end
    }
}
