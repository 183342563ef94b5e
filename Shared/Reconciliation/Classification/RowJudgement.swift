/// What a row that differs looks like, once its events were looked at.
struct RowJudgement: Equatable {
    var kind: ReconciliationReport.Class
    /// The offsets that make it up, in the row's partition.
    var offsets: [Int64]
    var explanation: String

    /// - Parameters:
    ///   - row: the events of the log that have to do with it.
    ///   - missingOffsets: what the log lacks of the partition and the results have, if anything.
    init(_ difference: RowDifference, _ row: TracedRow, missingOffsets: MissingOffsets?) {
        let excess = difference.excess
        let deficit = SpendCounts() - excess
        if difference.actual == nil {
            self = Self.absent(row)
        } else if excess.isOnlyLate {
            self = Self.late(row, excess.lateEvents)
        } else if deficit.hasNothingNegative, let found = Self.missing(deficit, row) {
            self = found
        } else if let found = Self.invalid(excess, row, inPlace: true) {
            self = found
        } else if excess.hasNothingNegative, let missingOffsets {
            // Before copies are looked for: an event that is not there may have cost as much as another.
            self = missingOffsets.judgement
        } else if excess.hasNothingNegative, let found = Self.copied(excess, row) {
            self = found
        } else if let found = Self.invalid(excess, row, inPlace: false) {
            self = found
        } else if excess.hasNothingNegative, let found = Self.twice(excess, row) {
            self = found
        } else if difference.expected == nil, row.count == 0 {
            self.init(
                .rowWithoutEvents, [],
                "No event of the log has anything to do with this row: something else than the aggregator, a rogue writer, has put it there."
            )
        } else {
            self = Self.unknown(row, isBelow: deficit.hasNothingNegative)
        }
    }

    init(kind: ReconciliationReport.Class, offsets: [Int64], explanation: String) {
        self.kind = kind
        self.offsets = offsets
        self.explanation = explanation
    }

    private init(_ kind: ReconciliationReport.Class, _ offsets: [Int64], _ explanation: String) {
        self.init(kind: kind, offsets: offsets, explanation: explanation)
    }

    private static func absent(_ row: TracedRow) -> Self {
        let offsets = row.counted.map(\.offset)
        return Self(
            .missingEvent, offsets,
            "The results have no such row, although the log has \(events(offsets.count)) that must be in it.")
    }

    private static func missing(_ deficit: SpendCounts, _ row: TracedRow) -> Self? {
        guard row.isComplete,
            let found = EventSubset.find(deficit, in: row.counted, isLateKnown: true)
                ?? EventSubset.find(deficit, in: row.counted, isLateKnown: false)
        else { return nil }
        let offsets = found.places.map { row.counted[$0].offset }
        let choice = found.isOneOfSeveral ? "; others of the row would explain it as well" : ""
        return Self(
            .missingEvent, offsets,
            "The row is short by exactly what \(events(offsets.count)) of the log \(adds(offsets.count))\(choice).")
    }

    /// Copies that had to be removed.
    private static func copied(_ excess: SpendCounts, _ row: TracedRow) -> Self? {
        guard row.isComplete, let found = EventSubset.find(excess, in: row.duplicates, isLateKnown: false) else {
            return nil
        }
        let chosen = found.places.map { row.duplicates[$0] }
        var seen: Set<Int64> = []
        let offsets = chosen.flatMap { [$0.original, $0.offset].compactMap { $0 } }.filter { seen.insert($0).inserted }
        let choice = found.isOneOfSeveral ? "; other copies would explain it as well" : ""
        return Self(
            .countedTwice, offsets,
            "The row is higher by exactly what \(copies(chosen.count)) \(adds(chosen.count)) that the contract removes; the copy "
                + "before is listed first\(choice).")
    }

    /// Events that were applied once more.
    private static func twice(_ excess: SpendCounts, _ row: TracedRow) -> Self? {
        guard row.isComplete, let found = EventSubset.find(excess, in: row.counted, isLateKnown: false) else {
            return nil
        }
        let offsets = found.places.map { row.counted[$0].offset }
        let choice = found.isOneOfSeveral ? "; others of the row would explain it as well" : ""
        return Self(
            .countedTwice, offsets,
            "The row is higher by exactly what \(events(offsets.count)) \(adds(offsets.count)) once more: "
                + "\(offsets.count == 1 ? "it was" : "they were") counted twice\(choice).")
    }

    /// Invalid traffic that was charged.
    ///
    /// - Parameter inPlace: instead of being counted as invalid; else besides.
    private static func invalid(_ excess: SpendCounts, _ row: TracedRow, inPlace: Bool) -> Self? {
        guard row.isComplete, !row.invalid.isEmpty else { return nil }
        let charged = row.invalid.map { event in
            var event = event
            event.counts.invalidEvents = inPlace ? -1 : 0
            return event
        }
        guard let found = EventSubset.find(excess, in: charged, isLateKnown: false) else { return nil }
        let offsets = found.places.map { charged[$0].offset }
        let choice = found.isOneOfSeveral ? "; other invalid events of the row would explain it as well" : ""
        return Self(
            .invalid, offsets,
            "The row has charged invalid traffic: it is off by exactly what \(events(offsets.count)) would have cost as valid\(choice)."
        )
    }

    private static func late(_ row: TracedRow, _ excess: Int64) -> Self {
        Self(
            .unknown, row.counted.map(\.offset),
            "Amounts and counts are right; only the number of late events is \(excess > 0 ? "higher" : "lower") by \(excess.magnitude) than the log's own time says."
        )
    }

    private static func unknown(_ row: TracedRow, isBelow: Bool) -> Self {
        let offsets = row.counted.map(\.offset)
        let direction = isBelow ? "lower" : "other"
        let what =
            row.isComplete ? "no few events of it add up to the difference" : "it has too many events to be searched"
        return Self(
            .unknown, offsets,
            "The row's figures are \(direction) than the log says, and \(what): it was changed by something else, or by several things at once."
        )
    }

    private static func events(_ count: Int) -> String { count == 1 ? "one event" : "\(count) events" }
    private static func adds(_ count: Int) -> String { count == 1 ? "adds" : "add" }
    private static func copies(_ count: Int) -> String { count == 1 ? "one repeated copy" : "\(count) repeated copies" }
}

/// Offsets that the source lacks and the results have: records that were applied and were taken out of the log, or out of
/// the archive of it, since.
struct MissingOffsets: Equatable {
    var offsets: [Int64]
    var count: Int64

    /// nil where the log has all that was applied.
    init?(_ log: RecountedPartition, _ applied: ResultCut.AppliedPartition?, kept: Int) {
        guard let applied, log.skipped > applied.skipped, !log.holes.isEmpty else { return nil }
        count = log.skipped
        offsets = Array(log.holes.lazy.flatMap { $0[0]...max($0[0], $0.last ?? $0[0]) }.prefix(kept))
    }

    var judgement: RowJudgement {
        let list = offsets.prefix(5).map(String.init).joined(separator: ", ") + (count > 5 ? ", ..." : "")
        return RowJudgement(
            kind: .missingEvent, offsets: offsets,
            explanation: "The results have more than the source: it lacks offset \(list) of the partition, "
                + "which the results have; the source is not whole, the results may be right.")
    }
}

extension SpendCounts {
    fileprivate var hasNothingNegative: Bool { columns.allSatisfy { $0.value >= 0 } }
    fileprivate var isOnlyLate: Bool {
        var rest = self
        rest.lateEvents = 0
        return rest.isZero && lateEvents != 0
    }
}
