public import Archive
public import Streams

/// What a log amounts to by the contract, computed by sorting and merging, in files of a folder and bounded memory.
///
/// Belongs to one thread. After an error that is not the log's own nothing more is answered: a kept recount is opened again
/// and goes on from its last checkpoint.
public final class Recount {
    public let settings: RecountSettings
    public let limits: RecountLimits

    private let folder: RunFolder
    /// The topic of a kept recount; of a temporary one that of the first log.
    private var topic: String?
    private var generation: Int64 = 0
    private var judges: [Int32: PartitionJudge] = [:]
    private let rowStore: RowStore
    private let letterStore: LetterStore
    private var repeats = RepeatStore()
    private var repeatsRun: RunFile<RepeatEntry>?
    private var hours = HourSet()
    private lazy var block = JudgedBlock(settings: settings, capacity: limits.blockRecords)
    /// Set while files and memory do not agree; stays set where that ended in an error.
    private var isUnsettled = false
    /// For tests: called between writing runs and naming them.
    var beforeManifest: (() throws -> Void)?

    /// A recount for one use: its files are in `folder`, without names, and go with `close()` or with the object.
    public init(temporaryIn folder: String, settings: RecountSettings, limits: RecountLimits = RecountLimits()) throws {
        try settings.check()
        try limits.check()
        self.settings = settings
        self.limits = limits
        self.folder = try RunFolder(temporaryIn: folder)
        rowStore = RowStore(in: self.folder, limits: limits)
        letterStore = LetterStore(in: self.folder, limits: limits)
    }

    /// A recount that is kept and goes on from its last checkpoint.
    ///
    /// - Throws: `RecountError`: `locked` where another process has the folder open, `mismatch` where it was written for
    ///   another topic or with other settings, `damaged` where a file is not what was written.
    public init(
        stateIn path: String, topic: String, settings: RecountSettings, limits: RecountLimits = RecountLimits()
    ) throws {
        try settings.check()
        try limits.check()
        self.settings = settings
        self.limits = limits
        self.topic = topic
        let folder = try RunFolder(keptIn: path)
        self.folder = folder
        guard let bytes = try folder.readManifest() else {
            try folder.adopt([], nextFile: 1)
            rowStore = RowStore(in: folder, limits: limits)
            letterStore = LetterStore(in: folder, limits: limits)
            return
        }
        let manifest = try RecountManifest.decoded(bytes, from: folder)
        try manifest.check(topic, settings, folder)
        rowStore = RowStore(
            try manifest.rows.map { try folder.open($0, as: SpendRow.self) }, in: folder, limits: limits)
        rowStore.minutesBegin = manifest.minutesBegin
        letterStore = LetterStore(
            try manifest.letters.map { try folder.open($0, as: RecountedLetter.self) }, in: folder, limits: limits)
        try restore(manifest)
        try folder.adopt(manifest.names, nextFile: manifest.nextFile)
    }

    /// Gives the folder back. What was judged after the last checkpoint of a kept recount is lost. Only streams that were
    /// handed out may be used afterwards.
    public func close() {
        folder.close()
        isUnsettled = true
    }

    // MARK: Going on

    /// Where each partition stands, ascending.
    public var partitions: [RecountedPartition] {
        judges.values.map(\.state).sorted { $0.partition < $1.partition }
    }

    /// Reads a partition from where it stands to exactly `next` and judges it. Where the log throws, the recount stands
    /// somewhere before `next`, and the same call may be made again.
    ///
    /// - Parameter start: where to begin a partition that is seen for the first time; nil: at the log's start.
    /// - Throws: `RecountError`: `usage` where the partition stands behind `next` or the log is of another topic, `log` where
    ///   the log does not reach as far, `limit`, `files`; and what the log throws.
    public func advance(
        _ partition: Partition, in log: any PartitionedLog, to next: Offset, startingAt start: Offset? = nil
    ) throws {
        try checkSettled()
        try check(log)
        let judge = try judge(of: partition, log, start)
        try judge.advance(in: log, to: next, block: block, take: take) { isUnsettled = $0 }
    }

    private func judge(
        of partition: Partition, _ log: any PartitionedLog, _ start: Offset?
    ) throws -> PartitionJudge {
        if let judge = judges[partition.rawValue] { return judge }
        let start = try start ?? log.bounds(of: partition).start
        let judge = PartitionJudge(
            RecountedPartition(partition: partition.rawValue, start: start.rawValue),
            ids: PartitionIDs(in: folder, settings: settings))
        judges[partition.rawValue] = judge
        return judge
    }

    private func take(_ block: JudgedBlock) throws {
        for position in 0..<block.count {
            let mark = block.marks + position
            if mark.pointee.fault == nil, !mark.pointee.isDuplicate { hours.insert(block.events[position].eventTime) }
        }
        try rowStore.add(block)
        try letterStore.add(block)
        repeats.add(block)
        if limits.idBytes != nil { try limits.checkIDs(judges.values.reduce(0) { $0 + $1.ids.bytes }) }
    }

    private func check(_ log: any PartitionedLog) throws {
        if let topic, log.topic != topic {
            throw RecountError(.usage, "this recount is of topic \(topic), and \(log.description) is of \(log.topic)")
        }
        topic = log.topic
    }

    private func checkSettled() throws {
        if isUnsettled {
            throw RecountError(.usage, "this recount is closed, or has failed before; open it again")
        }
    }

    // MARK: Results

    /// The rows of a level whose windows begin in `from ..< to` (milliseconds; nil: unbounded). It holds what was judged
    /// until now, and nothing of a later advance.
    ///
    /// - Throws: `usage` for `day`, which a recount does not hold; `files`.
    public func rows(_ level: SpendLevel, from: Int64? = nil, to: Int64? = nil) throws -> any SpendRowStream {
        try checkSettled()
        guard level != .day else {
            throw RecountError(.usage, "a recount holds no days: they follow from the minutes and the zones")
        }
        return try settling { try rowStore.rows(level, from: from, to: to) }
    }

    /// All dead letters until now.
    public func letters() throws -> RecountedLetterStream {
        try checkSettled()
        return try settling { try letterStore.all() }
    }

    private func settling<Result>(_ body: () throws -> Result) throws -> Result {
        isUnsettled = true
        let result = try body()
        isUnsettled = false
        return result
    }

    /// The hours (their beginnings in milliseconds) with an event that changed a row since `forgetTouchedHours`. They are
    /// part of a checkpoint.
    public var touchedHours: Set<Int64> { hours.starts }
    public func forgetTouchedHours() { hours.removeAll() }

    /// Repeats within a partition that count because the horizon was over. Repeats that are invalid traffic are among
    /// them. Exact as far back as `lookBackMilliseconds`.
    public var repeatsBeyondHorizon: RepeatFindings { repeats.findings }

    /// Ids that stand in more than one partition: of each its newest copy in every partition after the first one (by S, then
    /// partition). Reads all ids that are kept.
    public func repeatsAcrossPartitions() throws -> RepeatFindings {
        try checkSettled()
        return PartitionOverlap.find(
            judges.values.sorted { $0.state.partition < $1.state.partition }.map {
                .init(partition: $0.state.partition, runs: $0.ids.stack.runs, floor: $0.ids.floor($0.state.streamTime))
            })
    }

    /// Leaves out minute rows that begin before a moment (milliseconds), now and later; the other levels keep them.
    public func dropMinutes(before moment: Int64) {
        rowStore.minutesBegin = max(rowStore.minutesBegin ?? moment, moment)
    }

    /// The moment of the last `dropMinutes`.
    public var minutesBegin: Int64? { rowStore.minutesBegin }

    // MARK: Checkpoints

    /// Makes everything judged so far one consistent generation; durable where the folder is kept.
    ///
    /// - Throws: `files`. The generation before is still there then.
    public func checkpoint() throws {
        try checkSettled()
        try settling {
            try rowStore.flush()
            try letterStore.flush()
            guard folder.isKept, let topic else { return }
            try writeRepeats()
            try beforeManifest?()
            let manifest = manifest(topic)
            try folder.replaceManifest(try manifest.encoded(), naming: manifest.names)
            generation = manifest.generation
        }
    }

    private func writeRepeats() throws {
        guard repeats.isChanged else { return }
        var writer = try RunWriter<RepeatEntry>(in: folder)
        for (_, sum) in repeats.sums.sorted(by: { $0.key < $1.key }) {
            for entry in sum.first { try writer.append(entry) }
        }
        let run = try writer.finish()
        if let repeatsRun { folder.discard(repeatsRun.name) }
        repeatsRun = run
        repeats.isChanged = false
    }

    private func manifest(_ topic: String) -> RecountManifest {
        RecountManifest(
            topic: topic, settings: settings, generation: generation + 1, nextFile: folder.nextFile,
            minutesBegin: minutesBegin, touchedHours: hours.starts.sorted(),
            partitions: judges.values.sorted { $0.state.partition < $1.state.partition }.map { judge in
                let sum = repeats.sums[judge.state.partition]
                let nanos = (sum?.nanos ?? [:]).map { (RecountText.letters($0, count: 3), "\($1)") }
                return RecountManifest.Part(
                    state: judge.state, ids: judge.ids.stack.runs.map { .init($0) }, repeats: sum?.count ?? 0,
                    repeatNanos: Dictionary(uniqueKeysWithValues: nanos))
            },
            rows: rowStore.stack.runs.map { .init($0) }, letters: letterStore.stack.runs.map { .init($0) },
            repeats: repeatsRun.map { .init($0) })
    }

    private func restore(_ manifest: RecountManifest) throws {
        generation = manifest.generation
        hours = HourSet(Set(manifest.touchedHours))
        for part in manifest.partitions {
            let runs = try part.ids.map { try folder.open($0, as: IDEntry.self) }
            judges[part.state.partition] = PartitionJudge(
                part.state, ids: PartitionIDs(runs, in: folder, settings: settings))
            var sum = RepeatStore.Sum()
            sum.count = part.repeats
            for (currency, nanos) in part.repeatNanos {
                guard let nanos = Int128(nanos) else { throw folder.damaged("\(nanos) is no amount") }
                sum.nanos[currency.utf8.reduce(0) { $0 << 8 | UInt32($1) }] = nanos
            }
            if part.repeats > 0 { repeats.restore(part.state.partition, sum) }
        }
        guard let run = manifest.repeats else { return }
        let file = try folder.open(run, as: RepeatEntry.self)
        repeatsRun = file
        for index in 0..<file.count { repeats.restore(file.entries[index]) }
    }
}

extension RecountManifest {
    /// Whether it is of the same topic and settings.
    fileprivate func check(_ topic: String, _ settings: RecountSettings, _ folder: RunFolder) throws {
        guard self.topic == topic else {
            throw RecountError(
                .mismatch,
                "the recount in \(folder.path) is of topic \(self.topic), not of \(topic); give another folder, or remove it "
                    + "to start afresh")
        }
        guard self.settings == settings else {
            throw RecountError(
                .mismatch,
                "the recount in \(folder.path) was made with \(self.settings.summary), now it is \(settings.summary); "
                    + "remove the folder to start afresh from the log")
        }
    }
}

extension RecountSettings {
    fileprivate var summary: String {
        "horizon \(horizonMilliseconds) ms, out-of-orderness \(outOfOrdernessMilliseconds) ms, look-back "
            + (lookBackMilliseconds.map { "\($0) ms" } ?? "unlimited")
    }
}
