import Connectors

extension RepairPlan {
    /// Collects every row that differs while a comparison runs, and makes the plan of it.
    public final class Maker {
        private let limit: Int
        private var rows: [Row] = []

        public init(limit: Int = RepairPlan.rowLimit) { self.limit = limit }

        /// Given to `Comparison.onDifference`.
        ///
        /// - Throws: `ComparisonError` where more rows differ than a plan may have.
        public func add(_ difference: RowDifference) throws {
            guard rows.count < limit else {
                throw ComparisonError(
                    "More than \(limit) rows differ: too many to be mended one by one.",
                    hint: "Rewind the partitions that differ: `sluice progress set` rebuilds them whole from the log.")
            }
            rows.append(Row(difference))
        }

        /// The plan, once the comparison has run.
        ///
        /// - Throws: `ComparisonError` where the log does not prove what the rows must be, or there is nothing to mend.
        public func plan(of comparison: Comparison) throws -> RepairPlan {
            try RepairPlan.requireProof(comparison)
            guard !rows.isEmpty else {
                throw ComparisonError("No row of events differs from the log: there is nothing to repair.")
            }
            let cut = comparison.snapshot.cut
            let sorted = rows.sorted { ($0.key ?? .none) < ($1.key ?? .none) }
            return RepairPlan(
                schema: comparison.snapshot.names.schema("spend"), job: cut.job, topic: cut.topic,
                cut: cut.partitions.compactMap { partition in
                    partition.nextOffset.map { Place(partition: partition.partition, nextOffset: $0) }
                }, generation: cut.generation, lastChange: cut.changes.last?.id ?? 0, lastRepair: cut.lastRepair,
                readAt: cut.takenAt, rows: sorted, leftOver: comparison.leftOver)
        }
    }

    init(
        schema: String, job: String, topic: String, cut: [Place], generation: Int64, lastChange: Int64,
        lastRepair: Int64, readAt: Int64, rows: [Row], leftOver: [String]
    ) {
        self.schema = schema
        self.job = job
        self.topic = topic
        self.cut = cut
        self.generation = generation
        self.lastChange = lastChange
        self.lastRepair = lastRepair
        self.readAt = readAt
        self.rows = rows
        self.leftOver = leftOver
    }

    /// A row may only be changed where the log is known to be all that was applied, and every level was compared.
    fileprivate static func requireProof(_ comparison: Comparison) throws {
        let cut = comparison.snapshot.cut
        guard !comparison.options.isBounded else {
            throw ComparisonError(
                "A repair needs a comparison of everything: levels above would not fit what is mended in a range.",
                hint: "Reconcile without a range.")
        }
        if let level = comparison.result.checks.first(where: {
            $0.status == .notChecked && SpendLevel(named: $0.name) != nil
        }) {
            throw ComparisonError(
                "The \(level.name) rows were not compared, so they could not be mended with the others.",
                hint: level.note)
        }
        if let change = cut.changes.last(where: {
            $0.topic == cut.topic && $0.kind != "rewind" && !$0.isUndone(by: cut.changes)
        }) {
            throw ComparisonError(
                "An operator has changed the progress of partition \(change.partition) (\(change.kind), "
                    + "\(CivilTime(milliseconds: change.at).iso)): the log is not what the results are made of, and proves nothing about them.",
                hint: "A rewind makes them from the log again.")
        }
        for log in comparison.recount.partitions {
            guard let row = cut.partition(log.partition), row.nextOffset != nil else { continue }
            guard log.records == row.records, log.skipped == row.skipped else {
                throw ComparisonError(
                    "In partition \(log.partition) the job has applied \(row.records) records, and the source has \(log.records): "
                        + "it is not the whole log, and does not prove what the results must be.",
                    hint: "Reconcile with a source that has all records.")
            }
        }
    }
}

extension ResultCut.OperatorChange {
    /// A rewind that came later has made everything from the log again.
    fileprivate func isUndone(by changes: [Self]) -> Bool {
        changes.contains { $0.kind == "rewind" && $0.topic == topic && $0.partition == partition && $0.id > id }
    }
}

extension SpendLevel {
    init?(named name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }
}

extension SpendRowKey {
    fileprivate static var none: Self {
        SpendRowKey(level: .minute, partition: 0, start: 0, campaign: 0, advertiser: 0, currency: 0)
    }
}

extension Comparison {
    /// What differs and is no row of events that a plan can mend.
    fileprivate var leftOver: [String] {
        var lines: [String] = []
        for check in result.checks where check.status == .mismatch && SpendLevel(named: check.name) == nil {
            lines.append("\(check.title): \(check.differing) differ, and are not mended by this.")
        }
        let irregular = result.others.filter { SpendLevel(named: $0.check) != nil }
        for row in irregular.prefix(20) {
            lines.append("A row of \(row.check) that no event can have made stays: \(row.key.first?.value ?? "").")
        }
        return lines
    }
}
