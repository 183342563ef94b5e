import Postgres

/// Budget signals: numbered without a hole, and the last one of each campaign is what its state says.
extension Comparison {
    private static let signalsTitle = "Budget signals: dense sequences, and the last of each campaign against its state"

    func compareSignals() throws {
        var compared: Int64 = 0
        var differing = try compareSequences(compared: &compared)
        differing += try compareLastSignals(compared: &compared)
        add("signals", Self.signalsTitle, compared: compared, differing: differing)
    }

    private func compareSequences(compared: inout Int64) throws -> Int64 {
        let signals = snapshot.spend("budget_signal")
        let lanes =
            "(SELECT lane, last_sequence FROM \(snapshot.sluice("outbox_lane")) WHERE output = 'budget-signals')"
        compared += try snapshot.connection.query("SELECT count(*) FROM \(signals)")[0].int64(0)
        // Holes, up to the number that was given last; and numbers that were never given.
        let rows = try snapshot.cursor(
            """
            WITH given AS (
                SELECT lane, sequence FROM \(signals)
                UNION ALL SELECT lane, last_sequence + 1 FROM \(lanes) AS l
            ), steps AS (
                SELECT lane, sequence, lag(sequence, 1, 0::int8) OVER (PARTITION BY lane ORDER BY sequence) AS before FROM given
            )
            SELECT lane, before + 1, sequence - 1, true FROM steps WHERE sequence > before + 1
                AND EXISTS (SELECT FROM \(lanes) AS l WHERE l.lane = steps.lane AND l.last_sequence >= sequence - 1)
            UNION ALL
            SELECT s.lane, s.sequence, s.sequence, false FROM \(signals) AS s LEFT JOIN \(lanes) AS l USING (lane)
            WHERE l.lane IS NULL OR s.sequence > l.last_sequence
            ORDER BY 1, 2
            """)
        let skips = try readSkips()
        var differing: Int64 = 0
        while let row = try rows.next() {
            let (lane, first, last) = (try row.int64(0), try row.int64(1), try row.int64(2))
            let isHole = try row.bool(3)
            if isHole, Self.isSkipped(first...last, skips[lane] ?? []) { continue }
            differing += 1
            keepSignal(
                [.init("lane", String(lane)), .init("sequence", first == last ? "\(first)" : "\(first) to \(last)")],
                [.init("signals", expected: isHole ? String(last - first + 1) : nil, actual: isHole ? "0" : "1")],
                isHole
                    ? "Signals with these numbers were given out and are not there: whoever reads them misses something."
                    : "A signal has a number that was never given out.")
        }
        return differing
    }

    private func readSkips() throws -> [Int64: [ClosedRange<Int64>]] {
        let rows = try snapshot.connection.query(
            """
            SELECT lane, from_sequence, through_sequence FROM \(snapshot.sluice("outbox_skip"))
            WHERE output = 'budget-signals' ORDER BY lane, from_sequence
            """)
        var skips: [Int64: [ClosedRange<Int64>]] = [:]
        for row in rows { skips[try row.int64(0), default: []].append(try row.int64(1)...(try row.int64(2))) }
        return skips
    }

    private static func isSkipped(_ hole: ClosedRange<Int64>, _ skips: [ClosedRange<Int64>]) -> Bool {
        var next = hole.lowerBound
        for skip in skips where skip.contains(next) { next = skip.upperBound + 1 }
        return next > hole.upperBound
    }

    private func compareLastSignals(compared: inout Int64) throws -> Int64 {
        // A budget that is set again begins anew or moves the day without a signal: signals before it prove nothing.
        let rows = try snapshot.cursor(
            """
            SELECT s.campaign_id, k.budget, k.level, s.day::text, last.kind, last.threshold_percent,
                last.day = s.day OR k.budget = 'lifetime', last.decided_at < c.received_at
            FROM \(snapshot.spend("budget_state")) AS s JOIN \(snapshot.spend("campaign_budget")) AS c USING (campaign_id)
            CROSS JOIN LATERAL (VALUES ('daily', s.daily_level), ('lifetime', s.lifetime_level)) AS k(budget, level)
            LEFT JOIN LATERAL (
                SELECT g.kind, g.threshold_percent, g.day, g.decided_at FROM \(snapshot.spend("budget_signal")) AS g
                WHERE g.campaign_id = s.campaign_id AND g.budget = k.budget AND g.lane = c.lane
                ORDER BY g.sequence DESC LIMIT 1) AS last ON true
            ORDER BY s.campaign_id, k.budget
            """)
        var differing: Int64 = 0
        while let row = try rows.next() {
            compared += 1
            let (campaign, budget, level) = (try row.int64(0), try row.string(1), try row.int64(2))
            var expected: Int64 = 0
            if let kind = try row.optionalString(4) {
                if try row.bool(7) { continue }
                if try row.bool(6) { expected = Self.level(after: kind, try row.int64(5)) }
            }
            guard expected != level else { continue }
            differing += 1
            keepSignal(
                [.init("campaign_id", String(campaign)), .init("budget", budget), .init("day", try row.string(3))],
                [.init("level", expected: String(expected), actual: String(level))],
                "The last signal of the campaign says another threshold than the state that signals are decided by.")
        }
        return differing
    }

    private static func level(after kind: String, _ threshold: Int64) -> Int64 {
        switch kind {
        case "crossed": threshold
        case "fell_below": [0, 50, 80, 95].last { $0 < threshold } ?? 0
        default: 0
        }
    }

    private func keepSignal(
        _ key: [ReconciliationReport.KeyPart], _ columns: [ReconciliationReport.Column], _ explanation: String
    ) {
        keep(
            .init(
                number: 0, check: "signals", class: .budgetSignal, key: key, columns: columns, nanos: "0",
                currency: nil,
                events: [], eventCount: 0, explanation: explanation))
    }
}
