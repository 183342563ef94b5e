/// Says of each difference what it is, and of which events it is made: the log is read again, once for each partition that
/// has something to do with it.
public struct Classifier {
    /// So many offsets of a difference are listed.
    static let eventsKept = 100
    private let comparison: Comparison
    private let trace: any EventTracing

    /// - Parameter comparison: has run, and its snapshot is open.
    public init(_ comparison: Comparison, trace: any EventTracing) {
        self.comparison = comparison
        self.trace = trace
    }

    /// Differences with their class and events, the most telling first: those that stand for themselves by amount, then
    /// what follows from them. At most the limit of the comparison's options; numbered from 1.
    public func classify() throws -> [ReconciliationReport.Difference] {
        let rows = comparison.result.rows
        let judgements = try judge(rows.filter(\.causes.isEmpty))
        var roots: [(nanos: UInt128, difference: ReconciliationReport.Difference)] = []
        var found: [SpendRowKey: RowJudgement] = [:]
        for (row, judgement) in judgements {
            found[row.key] = judgement
            roots.append((row.nanos.magnitude, difference(row, judgement)))
        }
        for other in comparison.result.others { roots.append((Int128(other.nanos)?.magnitude ?? 0, other)) }
        // Stable: what is as large stays in its order.
        let ordered = roots.enumerated().sorted {
            $0.element.nanos != $1.element.nanos ? $0.element.nanos > $1.element.nanos : $0.offset < $1.offset
        }
        var all = ordered.map(\.element.difference)
        for row in rows.filter({ !$0.causes.isEmpty }).sorted(by: RowDifference.isLarger) {
            all.append(difference(row, consequence(row, of: found)))
        }
        all = Array(all.prefix(comparison.options.limit))
        for place in all.indices { all[place].number = place + 1 }
        return all
    }

    // MARK: Judging

    private func judge(_ rows: [RowDifference]) throws -> [(RowDifference, RowJudgement)] {
        let traced = try trace(Set(rows.map(\.key)))
        // The finest levels first: they say most.
        return rows.enumerated().sorted {
            let (a, b) = (Self.rank($0.element.key.spendLevel), Self.rank($1.element.key.spendLevel))
            return a != b ? a < b : $0.offset < $1.offset
        }.map { _, row in
            let log = comparison.recount.partitions.first { $0.partition == row.key.partition }
            let missing = log.flatMap {
                MissingOffsets($0, comparison.snapshot.cut.partition($0.partition), kept: Self.eventsKept)
            }
            return (row, RowJudgement(row, traced[row.key] ?? TracedRow(), missingOffsets: missing))
        }
    }

    private static func rank(_ level: SpendLevel) -> Int {
        switch level {
        case .minute: 0
        case .adHour, .placementHour, .countryHour: 1
        case .hour: 2
        case .day: 3
        case .lifetime: 4
        }
    }

    private func trace(_ keys: Set<SpendRowKey>) throws -> [SpendRowKey: TracedRow] {
        var rows: [SpendRowKey: TracedRow] = [:]
        let levels = Set(keys.map(\.spendLevel)).sorted()
        for (partition, ofPartition) in Dictionary(grouping: keys, by: \.partition).sorted(by: { $0.key < $1.key }) {
            // Of a partition that is not in the log there are no events.
            guard let log = comparison.recount.partitions.first(where: { $0.partition == partition }) else { continue }
            let campaigns = Set(ofPartition.map(\.campaign))
            var failure: (any Error)?
            func wanted(_ event: RecountedEvent) -> [SpendRowKey] {
                guard campaigns.contains(event.campaign) else { return [] }
                do {
                    return try levels.compactMap { try key(event, $0) }.filter(keys.contains)
                } catch {
                    failure = error
                    return []
                }
            }
            try trace.trace(
                partition, from: log.start, to: log.next, wants: { $0.isDecoded && !wanted($0).isEmpty },
                { event, verdict in
                    for key in wanted(event) { rows[key, default: TracedRow()].add(event, verdict) }
                })
            if let failure { throw failure }
        }
        return rows
    }

    private func key(_ event: RecountedEvent, _ level: SpendLevel) throws -> SpendRowKey? {
        guard level == .day else { return event.key(level) }
        guard var key = event.key(.minute), event.eventTime > 0, event.eventTime < 4_102_444_800_000 else { return nil }
        key.level = SpendLevel.day.rawValue
        key.start =
            try comparison.snapshot.zones.day(ofAdvertiser: key.advertiser, at: key.start) * ZoneTable.dayMilliseconds
        return key
    }

    private func consequence(_ row: RowDifference, of found: [SpendRowKey: RowJudgement]) -> RowJudgement {
        let causes = row.causes.compactMap { found[$0] }
        var judgement = RowJudgement(
            kind: causes.first?.kind ?? .unknown, offsets: [],
            explanation:
                "It follows from the differing minutes beneath it (\(row.causes.prefix(3).map(\.windowText).joined(separator: ", "))\(row.causes.count > 3 ? ", ..." : "")): it differs by exactly their sum."
        )
        var seen: Set<Int64> = []
        judgement.offsets = causes.flatMap(\.offsets).filter { seen.insert($0).inserted }
        return judgement
    }

    private func difference(_ row: RowDifference, _ judgement: RowJudgement) -> ReconciliationReport.Difference {
        .init(
            number: 0, check: row.key.spendLevel.name, class: judgement.kind, key: row.key.parts, columns: row.columns,
            nanos: String(row.nanos), currency: row.key.currencyText,
            events: judgement.offsets.prefix(Self.eventsKept).map {
                .init(topic: comparison.snapshot.cut.topic, partition: row.key.partition, offset: $0)
            }, eventCount: Int64(judgement.offsets.count), explanation: judgement.explanation)
    }
}
