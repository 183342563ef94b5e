import Postgres

/// The rows of a level as a table has them, those of events, ascending by key.
final class TableRows: SpendRowStream {
    private static let measures =
        "impressions, clicks, conversions, video_views, invalid_events, late_events, spend_nanos, "
    private let table: LevelTable
    private let cursor: SnapshotCursor
    /// Rows that no event can have made, because their key or their figures are none: their text, the first few.
    private(set) var irregular: [String] = []
    private(set) var irregularCount: Int64 = 0

    /// - Parameters:
    ///   - from, to: on the window's beginning, in milliseconds.
    init(_ snapshot: ResultSnapshot, _ level: SpendLevel, from: Int64?, to: Int64?) throws {
        table = LevelTable(level: level)
        cursor = try snapshot.cursor(
            table.query(
                snapshot.spend(table.name), source: "e", measures: Self.measures + table.irregularText, from: from,
                to: to))
    }

    func next() throws -> SpendRow? {
        while let row = try cursor.next() {
            if let key = try table.key(row), let nanos = try? row.int128(13) {
                var counts = SpendCounts()
                counts.impressions = try row.int64(7)
                counts.clicks = try row.int64(8)
                counts.conversions = try row.int64(9)
                counts.videoViews = try row.int64(10)
                counts.invalidEvents = try row.int64(11)
                counts.lateEvents = try row.int64(12)
                counts.spendNanos = nanos
                return SpendRow(key: key, counts: counts)
            }
            irregularCount += 1
            if irregular.count < 10 { irregular.append(try row.optionalString(14) ?? "") }
        }
        return nil
    }
}

extension ResultSnapshot {
    /// The rows of events of a level whose window begins in `from ..< to`, ascending by key. Rows that no event can have
    /// made (a currency of four letters) are left out.
    public func rows(_ level: SpendLevel, from: Int64? = nil, to: Int64? = nil) throws -> any SpendRowStream {
        try TableRows(self, level, from: from, to: to)
    }
}
