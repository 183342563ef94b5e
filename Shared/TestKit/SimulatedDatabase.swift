public import Streams

/// The tables that a checkpoint's output is written to, as plain values.
public protocol SimulatedTables<Output> {
    associatedtype Output: CheckpointOutput
    /// Adds a partition's output to the rows, as the sink's SQL would.
    mutating func add(_ output: Output, of partition: Partition)
    /// Removes all that the partition has added, as a rewind does.
    mutating func remove(_ partition: Partition)
}

/// The guards of exactly-once that a simulation can leave out, to show that it would notice.
public struct SimulatedMutants: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }
    /// A commit does not compare the epoch.
    public static let epochCondition = SimulatedMutants(rawValue: 1)
    /// A commit does not compare the offset.
    public static let expectedOffset = SimulatedMutants(rawValue: 2)
}

/// A database in memory: progress, results and dead letters, changed by whole transactions. Every store over it is a
/// connection of its own.
public final class SimulatedDatabase<Tables: SimulatedTables> {
    /// The progress row of a partition.
    public struct ProgressRow: Equatable {
        public var epoch: Epoch
        public var owner: String
        public var progress: PartitionProgress
    }
    /// A row of the dead-letter table.
    public struct DeadLetterRow: Equatable {
        public var partition: Partition
        public var letter: DeadLetter
    }

    /// What was done to a partition's progress, for an auditor.
    public enum JournalEntry: Equatable {
        case claimed(Partition, Epoch)
        case committed(Partition, Epoch, from: Offset?, to: Offset?)
        /// An operator moved the partition.
        case moved(Partition, Epoch, to: Offset?)
    }
    /// Everything that a replica would have.
    public struct Snapshot {
        var progress: [Partition: ProgressRow] = [:]
        var tables: Tables
        var deadLetters: [DeadLetterRow] = []
        var journal: [JournalEntry] = []
    }

    private var state: Snapshot
    public private(set) var progress: [Partition: ProgressRow] {
        get { state.progress }
        set { state.progress = newValue }
    }
    public var tables: Tables { state.tables }
    public var deadLetters: [DeadLetterRow] { state.deadLetters }
    /// Transactions that were committed and that were refused by the compare-and-set.
    public private(set) var commits = 0
    public private(set) var refusals = 0
    public var mutants: SimulatedMutants = []

    public init(_ empty: Tables) { state = Snapshot(tables: empty) }

    public func snapshot() -> Snapshot { state }

    /// A failover to a replica that had not received everything: results and progress go back together.
    public func restore(_ snapshot: Snapshot) { state = snapshot }

    /// Whether every commit was made under the epoch that was claimed last, and began where the one before ended.
    /// Returns what was not so; worked out from the journal alone.
    public func audit() -> [String] {
        var epochs: [Partition: Epoch] = [:]
        var ends: [Partition: Offset] = [:]
        var findings: [String] = []
        for entry in state.journal {
            switch entry {
            case .claimed(let partition, let epoch): epochs[partition] = epoch
            case .committed(let partition, let epoch, let from, let to):
                if epochs[partition] != epoch {
                    let owner = epochs[partition]?.description ?? "none"
                    findings.append("\(partition): a commit under epoch \(epoch), claimed last was \(owner)")
                }
                if ends[partition] != from {
                    let end = ends[partition]?.description ?? "nothing"
                    findings.append("\(partition): a commit from \(from?.description ?? "nothing"), not from \(end)")
                }
                ends[partition] = to
            case .moved(let partition, let epoch, let to):
                epochs[partition] = epoch
                ends[partition] = to
            }
        }
        return findings
    }

    /// An operator moves a partition; its results stay.
    public func move(_ partition: Partition, to offset: Offset, isNewLog: Bool = false, skipsReadable: Bool = false) {
        guard let row = progress[partition] else { return }
        place(row.progress.moved(to: offset, isNewLog: isNewLog, skipsReadable: skipsReadable), of: partition)
    }

    /// An operator lets a partition be applied again from its first record on: its results go with its progress.
    public func rewind(_ partition: Partition) {
        guard let first = progress[partition]?.progress.firstOffset else { return }
        state.tables.remove(partition)
        state.deadLetters.removeAll { $0.partition == partition }
        place(.beginning(at: first), of: partition)
    }

    private func place(_ moved: PartitionProgress, of partition: Partition) {
        guard var row = progress[partition] else { return }
        row.epoch = Epoch(row.epoch.rawValue + 1)
        row.owner = "operator"
        row.progress = moved
        progress[partition] = row
        state.journal.append(.moved(partition, row.epoch, to: moved.nextOffset))
    }

    /// One statement: raises the epochs, then reads the progress.
    func claim(_ partitions: [Partition], owner: String) -> [Claim] {
        partitions.sorted().map { partition in
            var row = progress[partition] ?? ProgressRow(epoch: Epoch(0), owner: owner, progress: PartitionProgress())
            row.epoch = Epoch(row.epoch.rawValue + 1)
            row.owner = owner
            progress[partition] = row
            state.journal.append(.claimed(partition, row.epoch))
            return Claim(partition: partition, epoch: row.epoch, progress: row.progress)
        }
    }

    func reclaim(_ owned: [(partition: Partition, epoch: Epoch)], owner: String) -> [Claim] {
        claim(
            owned.filter { partition, epoch in
                guard let row = progress[partition] else { return false }
                return row.epoch == epoch || row.epoch > epoch && row.owner == owner
            }.map(\.partition), owner: owner)
    }

    /// The whole transaction, or nothing of it. Returns the partitions that its compare-and-set refused.
    func commit(_ checkpoint: Checkpoint<Tables.Output>, owner: String) -> [Partition] {
        let refused = checkpoint.cuts.filter { cut in
            guard let row = progress[cut.partition] else { return true }
            let sameEpoch = row.epoch == cut.epoch || mutants.contains(.epochCondition)
            let sameOffset =
                row.progress.nextOffset == cut.expectedNextOffset || mutants.contains(.expectedOffset)
            return !sameEpoch || !sameOffset
        }
        guard refused.isEmpty else {
            refusals += 1
            return refused.map(\.partition)
        }
        for cut in checkpoint.cuts {
            progress[cut.partition]?.progress = cut.progress
            progress[cut.partition]?.owner = owner
            state.journal.append(
                .committed(cut.partition, cut.epoch, from: cut.expectedNextOffset, to: cut.progress.nextOffset))
            state.tables.add(cut.output.output, of: cut.partition)
            state.deadLetters += cut.output.deadLetters.map { DeadLetterRow(partition: cut.partition, letter: $0) }
        }
        commits += 1
        return []
    }

    /// Sets a progress row aside from any job, as an operator or a failover might.
    public func setProgress(_ partition: Partition, _ change: (inout ProgressRow) -> Void) {
        var row = progress[partition] ?? ProgressRow(epoch: Epoch(0), owner: "", progress: PartitionProgress())
        change(&row)
        progress[partition] = row
    }

    /// The dead letters of a partition in the order of offsets.
    public func deadLetters(of partition: Partition) -> [DeadLetter] {
        deadLetters.filter { $0.partition == partition }.map(\.letter).sorted { $0.offset < $1.offset }
    }
}
