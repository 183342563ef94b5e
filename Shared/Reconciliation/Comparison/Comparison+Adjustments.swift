import Postgres

/// Adjustments: the ledger against its log, and their share of the levels against the adjustments of the log.
extension Comparison {
    private static let ledgerTitle = "Adjustments: the ledger against the log of adjustments"
    private static let shareTitle =
        "Adjustments in hours, days, lifetimes and ads: PostgreSQL against the log of adjustments"

    func compareAdjustments() throws {
        guard let topic = snapshot.cut.adjustmentsTopic else {
            return skipAdjustments("The job reads no adjustments.")
        }
        guard let ledger else { return skipAdjustments("The log of adjustments was not given.") }
        if let late = ledger.partitions.first(where: { !isWholeLedger($0) }) {
            return skipAdjustments(
                "The log of adjustments was recounted from offset \(late.start) of partition \(late.partition) on, and the "
                    + "job began elsewhere.")
        }
        let stored = try StoredAdjustment.read(snapshot)
        let truth = try LedgerTruth(ledger, stored: stored, snapshot.zones)
        compareLedger(ledger, stored, truth, topic: topic)
        try compareShares(truth, topic: topic)
        addTotals(truth)
        self.truth = truth
    }

    private func isWholeLedger(_ partition: RecountedPartition) -> Bool {
        partition.start == 0
            || snapshot.cut.adjustmentPartitions.first { $0.partition == partition.partition }?.firstOffset
                == partition.start
    }

    private func skipAdjustments(_ note: String) {
        skip("adjustments", Self.ledgerTitle, note)
        skip("adjustment_levels", Self.shareTitle, note)
    }

    // MARK: The ledger

    private func compareLedger(
        _ ledger: any RecountedLedger, _ stored: [RecountedAdjustment.ID: StoredAdjustment], _ truth: LedgerTruth,
        topic: String
    ) {
        var differing: Int64 = 0
        for given in truth.counted {
            let copies = ledger.copies[given.id] ?? []
            guard let row = stored[given.id] else {
                differing += 1
                keepAdjustment(
                    given.id, .adjustmentMissing,
                    StoredAdjustment.fields(given).map { .init($0.name, expected: $0.value, actual: nil) },
                    nanos: -Int128(given.amountNanos), currency: given.currency, copies, topic,
                    "The adjustment is in the log and not in the ledger: \(given.amountNanos < 0 ? "the advertiser's credit" : "the charge") is missing."
                )
                continue
            }
            let conflicts = Int64(copies.filter { !$0.saysTheSame(as: given) }.count)
            var columns = zip(StoredAdjustment.fields(given), row.fields).compactMap { log, found in
                log.value == found.value
                    ? nil : ReconciliationReport.Column(log.name, expected: log.value, actual: found.value)
            }
            let hasOtherFields = !columns.isEmpty
            if row.repeats != Int64(copies.count) - 1 {
                columns.append(.init("repeats", expected: String(copies.count - 1), actual: String(row.repeats)))
            }
            if row.conflicts != conflicts {
                columns.append(.init("conflicts", expected: String(conflicts), actual: String(row.conflicts)))
            }
            guard !columns.isEmpty else { continue }
            differing += 1
            keepAdjustment(
                given.id, .unknown, columns, nanos: row.nanos - Int128(given.amountNanos), currency: given.currency,
                copies, topic,
                hasOtherFields
                    ? "The ledger's row of this adjustment does not say what its record in the log says."
                    : "The ledger does not have the right number of repeats of this adjustment; its amount is right.")
        }
        let surplus = stored.filter { ledger.copies[$0.key] == nil }.sorted { $0.key < $1.key }
        for (id, row) in surplus {
            differing += 1
            keepAdjustment(
                id, .rowWithoutEvents, row.fields.map { .init($0.name, expected: nil, actual: $0.value) },
                nanos: row.nanos,
                currency: row.currency, [], topic, "The ledger has an adjustment that no record of the log makes.")
        }
        add(
            "adjustments", Self.ledgerTitle, compared: Int64(truth.counted.count + surplus.count), differing: differing)
    }

    private func keepAdjustment(
        _ id: RecountedAdjustment.ID, _ kind: ReconciliationReport.Class, _ columns: [ReconciliationReport.Column],
        nanos: Int128, currency: String, _ copies: [RecountedAdjustment], _ topic: String, _ explanation: String
    ) {
        keep(
            .init(
                number: 0, check: "adjustments", class: kind, key: [.init("adjustment_id", id.text)], columns: columns,
                nanos: String(nanos), currency: currency,
                events: copies.prefix(100).map { .init(topic: topic, partition: $0.partition, offset: $0.offset) },
                eventCount: Int64(copies.count), explanation: explanation))
    }

    // MARK: Their share of the levels

    private func compareShares(_ truth: LedgerTruth, topic: String) throws {
        var compared: Int64 = 0
        var differing: Int64 = 0
        let levels: [SpendLevel] = options.isBounded ? [.hour, .adHour] : [.hour, .day, .lifetime, .adHour]
        for level in levels {
            let table = LevelTable(level: level)
            var expected = (truth.shares[level] ?? [:]).filter { isInRange($0.key.start) || level == .lifetime }
            let rows = try snapshot.cursor(
                table.query(
                    snapshot.spend(table.name), source: "a",
                    measures: "adjustments, adjustment_nanos, \(table.irregularText)",
                    from: options.fromMilliseconds, to: options.toMilliseconds))
            while let row = try rows.next() {
                compared += 1
                let found = LedgerTruth.Share(adjustments: try row.int64(7), nanos: (try? row.int128(8)) ?? 0)
                guard let key = try table.key(row) else {
                    differing += 1
                    keepShare([.init("row", try row.optionalString(9) ?? "")], level, nil, found, "", truth, nil, topic)
                    continue
                }
                let log = expected.removeValue(forKey: key)
                guard log != found else { continue }
                differing += 1
                keepShare(key.parts, level, log, found, key.currencyText, truth, key, topic)
            }
            for (key, log) in expected.sorted(by: { $0.key < $1.key }) {
                compared += 1
                differing += 1
                keepShare(key.parts, level, log, nil, key.currencyText, truth, key, topic)
            }
        }
        differing += try countMixedRows()
        add("adjustment_levels", Self.shareTitle, compared: compared, differing: differing)
    }

    private func isInRange(_ moment: Int64) -> Bool {
        moment >= options.fromMilliseconds ?? .min && moment < options.toMilliseconds ?? .max
    }

    private func keepShare(
        _ key: [ReconciliationReport.KeyPart], _ level: SpendLevel, _ log: LedgerTruth.Share?,
        _ found: LedgerTruth.Share?, _ currency: String, _ truth: LedgerTruth, _ row: SpendRowKey?, _ topic: String
    ) {
        let nanos = (found?.nanos ?? 0) - (log?.nanos ?? 0)
        let isShort = (found?.adjustments ?? 0) < log?.adjustments ?? 0
        guard canKeep("adjustment_levels") else { return }
        let places = row.map { row in
            truth.counted.filter {
                $0.campaign == row.campaign && $0.advertiser == row.advertiser && $0.partition == row.partition
                    && (row.spendLevel != .hour && row.spendLevel != .adHour
                        || $0.eventTime - $0.eventTime % 3_600_000 == row.start)
            }
        }
        let explanation: String
        if log == nil {
            explanation = "The row holds adjustments that no record of the log makes."
        } else if isShort {
            explanation = "The row lacks adjustments that are in the log."
        } else {
            explanation = "The row's adjustments are not what the log's adjustments add up to."
        }
        keep(
            .init(
                number: 0, check: "adjustment_levels",
                class: log == nil ? .rowWithoutEvents : isShort ? .adjustmentMissing : .unknown,
                key: [.init("level", level.name)] + key,
                columns: [
                    .init(
                        "adjustments", expected: log.map { String($0.adjustments) },
                        actual: found.map { String($0.adjustments) }),
                    .init(
                        "adjustment_nanos", expected: log.map { String($0.nanos) },
                        actual: found.map { String($0.nanos) }),
                ],
                nanos: String(nanos), currency: currency.isEmpty ? nil : currency,
                events: (places ?? []).prefix(100).map {
                    .init(topic: topic, partition: $0.partition, offset: $0.offset)
                },
                eventCount: Int64(places?.count ?? 0), explanation: explanation))
    }

    /// Rows of events that hold adjustments, and rows of adjustments that hold events: neither may be.
    private func countMixedRows() throws -> Int64 {
        let events = "(impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos)"
        let tables = SpendLevel.allCases.filter { $0 != .minute }.map { level in
            """
            SELECT '\(level.name)' AS level, t::text AS row FROM \(snapshot.spend(LevelTable(level: level).name)) AS t
            WHERE source = 'e' AND (adjustments, adjustment_nanos) <> (0, 0)
                OR source = 'a' AND \(events) <> (0, 0, 0, 0, 0, 0, 0)
            """
        }
        let rows = try snapshot.cursor(tables.joined(separator: " UNION ALL "))
        var count: Int64 = 0
        while let row = try rows.next() {
            count += 1
            keep(
                .init(
                    number: 0, check: "adjustment_levels", class: .rowWithoutEvents,
                    key: [.init("level", try row.string(0)), .init("row", try row.string(1))], columns: [], nanos: "0",
                    currency: nil, events: [], eventCount: 0,
                    explanation:
                        "The row mixes events and adjustments, which are kept apart: the aggregator does not write such rows."
                ))
        }
        return count
    }

    private func addTotals(_ truth: LedgerTruth) {
        var sums: [String: Int128] = [:]
        for (key, share) in truth.shares[.hour] ?? [:] where isInRange(key.start) {
            sums[key.currencyText, default: 0] += share.nanos
        }
        for (currency, sum) in sums.sorted(by: { $0.key < $1.key }) {
            if !result.totals.contains(where: { $0.currency == currency }) {
                result.totals.append(.init(currency: currency))
                result.totals.sort { $0.currency < $1.currency }
            }
            for place in result.totals.indices where result.totals[place].currency == currency {
                result.totals[place].adjustmentNanos = String(sum)
            }
        }
    }
}
