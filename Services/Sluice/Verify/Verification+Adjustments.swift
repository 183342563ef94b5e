import Postgres

extension Verification {
    /// Sums of adjustments that are not what the truth says.
    struct AdjustmentDifference: Equatable {
        /// What was added up.
        var view: String
        var key: AdjustmentTruth.Key
        var column: String
        var expected: Int128
        var actual: Int128
    }

    /// Compares the ledger, and the adjustments of the hours, with the truth; where it has none nothing is compared.
    mutating func compareAdjustments(_ truth: TruthReader, _ connection: PostgresConnection) throws {
        let expected = truth.adjustments
        guard expected.topic != nil else { return }
        let ledger = try Self.sums(
            """
            SELECT campaign_id, (extract(epoch FROM date_trunc('day', event_time, 'UTC')) * 1000)::int8, currency, count(*),
                sum(amount_nanos)::numeric(38, 0), sum(repeats)::int8
            FROM \(schemas.spend("adjustment_ledger")) GROUP BY 1, 2, 3
            """, connection)
        let hours = try Self.sums(
            """
            SELECT campaign_id, (extract(epoch FROM date_trunc('day', hour, 'UTC')) * 1000)::int8, currency,
                sum(adjustments)::int8, sum(adjustment_nanos)::numeric(38, 0), 0::int8
            FROM \(schemas.spend("hour")) GROUP BY 1, 2, 3 HAVING sum(adjustments) <> 0 OR sum(adjustment_nanos) <> 0
            """, connection)
        for key in Set(expected.sums.keys).union(ledger.keys).union(hours.keys).sorted() {
            let wanted = expected.sums[key] ?? AdjustmentTruth.Sums()
            let (inLedger, inHours) = (ledger[key] ?? AdjustmentTruth.Sums(), hours[key] ?? AdjustmentTruth.Sums())
            note(key, "adjustment_ledger", "adjustments", Int128(wanted.count), Int128(inLedger.count))
            note(key, "adjustment_ledger", "amount_nanos", wanted.nanos, inLedger.nanos)
            note(key, "adjustment_ledger", "repeats", Int128(wanted.repeats), Int128(inLedger.repeats))
            note(key, "hour", "adjustments", Int128(wanted.count), Int128(inHours.count))
            note(key, "hour", "adjustment_nanos", wanted.nanos, inHours.nanos)
        }
        comparedAdjustments = expected.count
    }

    private mutating func note(
        _ key: AdjustmentTruth.Key, _ view: String, _ column: String, _ expected: Int128, _ actual: Int128
    ) {
        guard expected != actual else { return }
        adjustments.append(
            AdjustmentDifference(view: view, key: key, column: column, expected: expected, actual: actual))
    }

    private static func sums(
        _ sql: String, _ connection: PostgresConnection
    ) throws -> [AdjustmentTruth.Key: AdjustmentTruth.Sums] {
        var sums: [AdjustmentTruth.Key: AdjustmentTruth.Sums] = [:]
        for row in try connection.query(sql) {
            let key = AdjustmentTruth.Key(
                campaign: try row.int64(0), dayMilliseconds: try row.int64(1), currency: try row.string(2))
            sums[key] = AdjustmentTruth.Sums(
                count: try row.int64(3), nanos: try row.int128(4), repeats: try row.int64(5))
        }
        return sums
    }

    /// What differs in adjustments, or how many were compared; empty where the truth has none.
    var adjustmentDetails: String {
        guard let comparedAdjustments else { return "" }
        guard !adjustments.isEmpty else {
            return "adjustments: \(comparedAdjustments) applied, each once, difference 0\n"
        }
        var text = "adjustments: \(adjustments.count) sums differ\n"
        for difference in adjustments.prefix(minutes.keptLimit) {
            let key = difference.key
            text += "  spend.\(difference.view), campaign \(key.campaign), "
            text += "\(Instant(milliseconds: key.dayMilliseconds).description.prefix(10)), "
            text += "\(TerminalText.safe(key.currency)): \(difference.column) \(difference.expected) expected, "
            text += "\(difference.actual) found\n"
        }
        if adjustments.count > minutes.keptLimit { text += "  and \(adjustments.count - minutes.keptLimit) more\n" }
        return text
    }
}
