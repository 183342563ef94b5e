public import Postgres

/// An external ledger, and how far its amounts may be off.
public struct ExternalLedgerRequest: Sendable {
    public enum Source: Sendable {
        /// The path of a CSV file.
        case file(String)
        /// A table or view, `schema.table`, of a database.
        case table(String, PostgresConfiguration)
    }

    public var source: Source
    public var tolerance: LedgerTolerance

    public init(source: Source, tolerance: LedgerTolerance) {
        self.source = source
        self.tolerance = tolerance
    }
}

extension ReconciliationSession {
    /// Compares our days, charges and adjustments together, with what a billing system thinks of them.
    func compare(
        _ ledger: ExternalLedgerRequest, _ snapshot: ResultSnapshot, _ request: ReconciliationRequest,
        _ report: inout ReconciliationReport
    ) throws {
        let range = (request.fromMilliseconds ?? 0)..<(request.toMilliseconds ?? Self.endOfTime)
        let days = LedgerComparison.wholeDays(in: range, zones: try offsets(snapshot))
        let (theirs, name): (any LedgerReader, String) =
            switch ledger.source {
            case .file(let path): (try LedgerFile(path: path, days: days), "file \(Self.fileName(path))")
            case .table(let table, let configuration):
                (try LedgerTable(configuration, table: table, days: days), "table \(table)")
            }
        let comparison = try LedgerComparison(
            ours: try ResultDays(snapshot, days), theirs: theirs, source: name, days: days,
            tolerance: ledger.tolerance, limit: settings.differenceLimit)
        report.external = comparison.result
        report.checks.append(comparison.checkResult)
        report.differences += comparison.differences
        report.differenceCount += comparison.differenceCount
        if comparison.differenceCount > 0, report.verdict == .match { report.verdict = .mismatch }
    }

    /// 2100-01-01T00:00:00Z: no event may lie there or later.
    private static let endOfTime: Int64 = 4_102_444_800_000

    private static func fileName(_ path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    /// How far the zones in use are from UTC, with room for the hour of summer time.
    private func offsets(_ snapshot: ResultSnapshot) throws -> ClosedRange<Int64> {
        let row = try snapshot.connection.query(
            """
            SELECT coalesce(min(extract(epoch FROM utc_offset)), 0)::int8, coalesce(max(extract(epoch FROM utc_offset)), 0)::int8,
                count(*)
            FROM pg_timezone_names WHERE name <> 'UTC' AND name IN (SELECT zone FROM \(snapshot.spend("advertiser_zone")))
            """)[0]
        let room: Int64 = try row.int64(2) == 0 ? 0 : 7_200
        return (min(0, try row.int64(0)) - room) * 1_000...(max(0, try row.int64(1)) + room) * 1_000
    }

    /// The results' days in the order of a ledger.
    private final class ResultDays: LedgerReader {
        private let cursor: SnapshotCursor

        init(_ snapshot: ResultSnapshot, _ days: Range<Int32>) throws {
            cursor = try snapshot.cursor(
                """
                SELECT day - date '1970-01-01', advertiser_id, campaign_id, currency,
                    sum(spend_nanos + adjustment_nanos)::numeric(38, 0)
                FROM \(snapshot.spend("day_by_partition"))
                WHERE day >= date '1970-01-01' + $1::int4 AND day < date '1970-01-01' + $2::int4
                GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, currency COLLATE "C"
                """, [.int8(Int64(days.lowerBound)), .int8(Int64(min(days.upperBound, 100_000)))])
        }

        func next() throws -> LedgerEntry? {
            guard let row = try cursor.next() else { return nil }
            let text = try row.string(3)
            guard let currency = LedgerCurrency(text) else {
                throw ComparisonError(
                    "A day of campaign \(try row.int64(2)) has the currency \"\(SafeText.terminal(text))\", which is none.",
                    hint: "Something else than the aggregator has written it: reconcile without a ledger first.")
            }
            return LedgerEntry(
                LedgerKey(
                    day: Int32(truncatingIfNeeded: try row.int64(0)), advertiserID: try row.int64(1),
                    campaignID: try row.int64(2), currency: currency), nanos: try row.int128(4))
        }
    }
}
