import Postgres
import Streams

/// Compares the results of a snapshot with a recount of the log up to the same offsets. The tolerance is 0.
///
/// Belongs to the thread of the snapshot.
public final class Comparison {
    let snapshot: ResultSnapshot
    let recount: any RecountedResults
    let ledger: (any RecountedLedger)?
    let options: ComparisonOptions
    var result = ComparisonOutcome()
    /// What is drawn, between the minutes and the hours.
    var hourPoints = HourPoints()
    var consequences = Consequences()
    /// How many differences of each check are in `result.others`.
    private var kept: [String: Int] = [:]
    /// What the log of adjustments amounts to; nil until it was compared.
    var truth: LedgerTruth?
    /// Told every row of events that differs, at every level, also beyond the limit of what is kept.
    public var onDifference: ((RowDifference) throws -> Void)?

    /// - Parameters:
    ///   - recount: advanced to exactly the offsets of `snapshot.cut`.
    ///   - ledger: the recounted adjustments, to the offsets of the cut as well; nil: they are not compared.
    /// - Throws: `ComparisonError` where recount and cut are not of the same records.
    public init(
        snapshot: ResultSnapshot, recount: any RecountedResults, ledger: (any RecountedLedger)? = nil,
        options: ComparisonOptions = ComparisonOptions()
    ) throws {
        self.snapshot = snapshot
        self.recount = recount
        self.ledger = ledger
        self.options = options
        try Self.requireSameCut(snapshot.cut.partitions, recount.partitions, topic: snapshot.cut.topic)
        if let ledger, let topic = snapshot.cut.adjustmentsTopic {
            try Self.requireSameCut(snapshot.cut.adjustmentPartitions, ledger.partitions, topic: topic)
        }
        if let from = options.fromMilliseconds, let to = options.toMilliseconds, from >= to {
            throw ComparisonError("The range is empty: it begins at \(from) and ends at \(to).")
        }
    }

    /// Makes every comparison; see `ReconciliationReport.checks` for their names.
    public func run() throws -> ComparisonOutcome {
        noteChanges()
        if try canCompareRows() {
            try compareMinutes()
            try compareHours()
            try compareDays()
            try compareLifetimes()
            for level in [SpendLevel.adHour, .placementHour, .countryHour] { try compare(level) }
        }
        compareCounters()
        compareProgress()
        guard options.comparesEverything else { return result }
        try compareViews()
        try compareLetters()
        try compareAdjustments()
        try compareBudgets()
        try compareSignals()
        return result
    }

    private static func requireSameCut(
        _ applied: [ResultCut.AppliedPartition], _ recounted: [RecountedPartition], topic: String
    ) throws {
        let known = Dictionary(uniqueKeysWithValues: recounted.map { ($0.partition, $0.next) })
        for partition in applied {
            guard let next = partition.nextOffset else { continue }
            guard known[partition.partition] == next else {
                let found = known[partition.partition].map { "up to offset \($0)" } ?? "not"
                throw ComparisonError(
                    "Partition \(partition.partition) of \(topic) is applied up to offset \(next), and was recounted \(found).",
                    hint: "Both sides must speak of the same records: recount to the offsets of the snapshot's cut.")
            }
        }
        let names = Set(applied.filter { $0.nextOffset != nil }.map(\.partition))
        if let other = recounted.first(where: { !names.contains($0.partition) && $0.next > $0.start }) {
            throw ComparisonError(
                "Partition \(other.partition) of \(topic) was recounted, and the job has not applied any of it.",
                hint: "Recount the partitions of the snapshot's cut, no others.")
        }
    }

    // MARK: What the recount covers

    /// Whether the recount began where the job began in a partition.
    func isWhole(_ partition: RecountedPartition) -> Bool {
        // An earlier beginning than that of the log is not possible.
        partition.start == 0 || partition.start == snapshot.cut.partition(partition.partition)?.firstOffset
    }

    var isWhole: Bool { recount.partitions.allSatisfy(isWhole) }

    /// For people: where the recount began too late.
    var beginning: String {
        let late = recount.partitions.filter { !isWhole($0) }.prefix(3).map {
            let first = snapshot.cut.partition($0.partition)?.firstOffset ?? 0
            return "partition \($0.partition): the job from offset \(first) on, the recount from \($0.start) on"
        }
        return late.joined(separator: "; ")
    }

    private func canCompareRows() throws -> Bool {
        if !isWhole {
            guard options.fromMilliseconds != nil else {
                let levels = SpendLevel.allCases.map { ($0, "The recount began elsewhere than the job: \(beginning).") }
                for (level, note) in levels { skip(level.name, Self.title(level), note) }
                return false
            }
            result.assumptions.append(
                "The recount does not begin where the job began (\(beginning)): events of the range that stand before are "
                    + "assumed to be none.")
        }
        return true
    }

    private func noteChanges() {
        for change in snapshot.cut.changes where change.kind != "rewind" {
            let from = change.nextOffsetBefore.map(String.init) ?? "none"
            let to = change.nextOffsetAfter.map(String.init) ?? "none"
            result.assumptions.append(
                "An operator has changed the progress of partition \(change.partition) of \(change.topic) at "
                    + "\(CivilTime(milliseconds: change.at).iso) (\(change.kind), next offset \(from) to \(to)): what differs may come of it."
            )
        }
    }

    // MARK: Checks

    func skip(_ name: String, _ title: String, _ note: String) {
        result.checks.append(
            .init(name: name, title: title, compared: 0, differing: 0, status: .notChecked, note: note))
    }

    func add(_ name: String, _ title: String, compared: Int64, differing: Int64, note: String? = nil) {
        result.checks.append(
            .init(
                name: name, title: title, compared: compared, differing: differing,
                status: differing == 0 ? .match : .mismatch, note: note))
        result.differenceCount += differing
    }

    /// Keeps a difference that is not a row of events; the first `limit` of each check.
    func keep(_ difference: ReconciliationReport.Difference) {
        guard canKeep(difference.check) else { return }
        kept[difference.check, default: 0] += 1
        result.others.append(difference)
    }

    func canKeep(_ check: String) -> Bool { kept[check] ?? 0 < options.limit }

    static func title(_ level: SpendLevel) -> String {
        switch level {
        case .minute: "Minutes of campaigns: PostgreSQL against the log"
        case .hour: "Hours of campaigns: PostgreSQL against the log"
        case .day: "Days of campaigns in their advertisers' time zones: PostgreSQL against the log"
        case .lifetime: "Lifetimes of campaigns: PostgreSQL against the log"
        case .adHour: "Hours of ads: PostgreSQL against the log"
        case .placementHour: "Hours of placements: PostgreSQL against the log"
        case .countryHour: "Hours of countries: PostgreSQL against the log"
        }
    }
}
