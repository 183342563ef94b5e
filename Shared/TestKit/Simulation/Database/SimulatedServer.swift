import Streams

/// A database server: what is committed, who holds which lock, and a log of transactions of which a failover takes
/// the last ones back.
final class SimulatedServer {
    private struct Written {
        var number: Int
        var moment: Int64
        /// What the partitions held before.
        var before: [(partition: Int, tables: PartitionTables)]
    }
    private struct Lock {
        var holder: AnyObject?
        var waiting: [SimulatedThread] = []
    }

    let time: VirtualTime
    let faults: FaultField
    var mutants: DatabaseMutants = []
    var lockTimeoutMilliseconds: Int64 = 2_000
    /// Told of each transaction at the moment in which it becomes visible, and of those that a failover takes back.
    var onVisible: (Int, VisibleChange) -> Void = { _, _ in }
    var onLost: (Int) -> Void = { _ in }

    private(set) var tables: [PartitionTables] = []
    private var log: [Written] = []
    private var numbered = 0
    private var locks: [Lock] = []
    private(set) var backends: [Backend] = []
    private(set) var downUntil: Int64 = 0
    /// Transactions that were committed, and those that the compare-and-set refused.
    private(set) var commits = 0
    private(set) var refusals = 0
    /// Whatever kept a statement from going through at once; counted so that a revoke can be told from one that had no
    /// excuse.
    private(set) var incidents = 0
    var random: SeededGenerator

    init(_ time: VirtualTime, _ faults: FaultField, seed: UInt64) {
        self.time = time
        self.faults = faults
        random = SeededGenerator(seed: seed)
    }

    func addPartition() {
        tables.append(PartitionTables())
        locks.append(Lock())
    }

    /// How long a message or a statement takes.
    func latency() -> Int64 { Int64.random(in: 1...6, using: &random) }

    var isUp: Bool { time.now >= downUntil }

    // MARK: Sessions

    func opened(_ backend: Backend) { backends.append(backend) }

    func closed(_ backend: Backend) {
        backends.removeAll { $0 === backend }
        releaseAll(backend)
    }

    /// Ends the sessions that hold locks within a transaction and have heard nothing of their client for four seconds.
    func endSilentOwners(but caller: Backend?) {
        for backend in backends where backend !== caller && backend.isSilentOwner { backend.terminate() }
    }

    /// The server stops at once and is back later.
    func goDown(milliseconds: Int64) {
        incidents += 1
        downUntil = max(downUntil, time.now + milliseconds)
        for backend in backends { backend.terminate() }
    }

    func met() { incidents += 1 }

    // MARK: Locks

    enum LockResult { case held, timedOut, broken }

    /// Called on a backend's thread.
    func acquire(_ partition: Int, for backend: Backend) -> LockResult {
        let deadline = time.now + lockTimeoutMilliseconds
        while true {
            if backend.isBroken { return .broken }
            if locks[partition].holder == nil || locks[partition].holder === backend {
                locks[partition].holder = backend
                return .held
            }
            incidents += 1
            if time.now >= deadline { return .timedOut }
            if locks[partition].holder is ForeignSession { faults.occurred(.rowLocked) }
            locks[partition].waiting.append(backend.thread)
            backend.thread.park(until: deadline)
            locks[partition].waiting.removeAll { $0 === backend.thread }
        }
    }

    func release(_ partition: Int, by holder: AnyObject) {
        guard locks[partition].holder === holder else { return }
        locks[partition].holder = nil
        for thread in locks[partition].waiting { thread.wake() }
    }

    func releaseAll(_ holder: AnyObject) {
        for partition in locks.indices { release(partition, by: holder) }
    }

    /// Calls back once nobody holds the row.
    func whenFree(_ partition: Int, _ body: @escaping () -> Void) {
        guard locks[partition].holder != nil else { return body() }
        time.after(50) { self.whenFree(partition, body) }
    }

    func holdsLocks(_ holder: AnyObject) -> Bool { locks.contains { $0.holder === holder } }

    /// Somebody else's session holds a progress row for a while.
    func lockByForeigner(_ partition: Int, milliseconds: Int64) {
        guard locks[partition].holder == nil else { return }
        let session = ForeignSession()
        locks[partition].holder = session
        time.after(milliseconds) { self.release(partition, by: session) }
    }

    // MARK: Transactions

    /// The partitions that a commit's compare-and-set does not find as expected.
    func refused(_ cuts: [CutRequest]) -> [Int] {
        let refused = cuts.filter { cut in
            guard let row = tables[cut.partition].progress else { return true }
            let isOwner = row.epoch == cut.epoch || mutants.contains(.epochCondition)
            let isThere =
                row.progress.nextOffset == cut.expectedNextOffset || mutants.contains(.expectedOffset)
            return !isOwner || !isThere
        }
        if !refused.isEmpty { refusals += 1 }
        return refused.map(\.partition)
    }

    /// Whether the row is still under the epoch, or under a later one that the same process has raised.
    func isOwned(_ partition: Int, _ epoch: Epoch, by process: Int) -> Bool {
        guard let row = tables[partition].progress else { return false }
        return row.epoch == epoch || row.epoch > epoch && row.owner == process
    }

    func apply(_ cuts: [CutRequest], process: Int) {
        write(cuts.map(\.partition)) {
            for cut in cuts {
                tables[cut.partition].progress?.progress = cut.progress
                tables[cut.partition].rows.add(cut.rows)
                tables[cut.partition].deadLetters += cut.deadLetters
            }
            return .committed(cuts, process: process)
        }
        commits += 1
    }

    func applyDeadLetters(_ partition: Int, _ letters: [DeadLetter], process: Int) {
        write([partition]) {
            tables[partition].deadLetters += letters
            return .deadLettersAlone(partition: partition, letters, process: process)
        }
    }

    /// Raises a partition's epoch and returns it with the progress as it is then.
    func raise(_ partition: Int, process: Int, told: PartitionProgress?, isNew: Bool) -> Claim {
        var claim: Claim?
        write([partition]) {
            var row =
                tables[partition].progress
                ?? ProgressRow(epoch: Epoch(0), owner: process, progress: PartitionProgress())
            row.epoch = Epoch(row.epoch.rawValue + 1)
            row.owner = process
            tables[partition].progress = row
            let progress = told ?? row.progress
            claim = Claim(partition: Partition(Int32(partition)), epoch: row.epoch, progress: progress)
            return .claimed(partition: partition, epoch: row.epoch, process: process, told: progress, isNew: isNew)
        }
        return claim ?? Claim(partition: Partition(0), epoch: Epoch(0), progress: PartitionProgress())
    }

    /// An operator moves a partition, once nobody holds its row. A rewind takes its results away with its progress.
    ///
    /// - Parameter plan: the progress after the move; nil where it is refused.
    func move(
        _ partition: Int, _ move: OperatorMove, _ plan: @escaping (PartitionProgress) -> PartitionProgress?
    ) {
        whenFree(partition) { [self] in
            guard var row = tables[partition].progress, let progress = plan(row.progress) else { return }
            write([partition]) {
                row.epoch = Epoch(row.epoch.rawValue + 1)
                row.owner = Self.nobody
                row.progress = progress
                if move == .rewind {
                    tables[partition] = PartitionTables(progress: row)
                    return .rewound(partition: partition, progress)
                }
                tables[partition].progress = row
                return .moved(partition: partition, progress)
            }
        }
    }

    /// Whom a row belongs to after an operator has moved it: a process must not take the new epoch for its own.
    private static let nobody = -1

    private func write(_ partitions: [Int], _ body: () -> VisibleChange) {
        numbered += 1
        log.append(Written(number: numbered, moment: time.now, before: partitions.map { ($0, tables[$0]) }))
        onVisible(numbered, body())
    }

    /// A replica takes over that lacks what was committed in the last milliseconds. Returns how many transactions that
    /// were.
    func failOver(losingMilliseconds: Int64, downMilliseconds: Int64) -> Int {
        goDown(milliseconds: downMilliseconds)
        var lost = 0
        while let last = log.last, last.moment > time.now - losingMilliseconds {
            for (partition, before) in last.before { tables[partition] = before }
            log.removeLast()
            lost += 1
            onLost(last.number)
        }
        return lost
    }
}

/// A session that belongs to no process of the job.
private final class ForeignSession {}
