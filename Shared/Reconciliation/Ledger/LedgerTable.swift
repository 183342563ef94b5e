public import Postgres

/// A ledger in a table or view of PostgreSQL with the columns advertiser_id, campaign_id, day, currency and amount. It is read
/// in portions within one snapshot: the memory does not grow with it.
public final class LedgerTable: LedgerReader {
    private let connection: PostgresConnection
    private let source: String
    private let days: Range<Int32>
    private let portion: Int
    private var rows: PostgresRows?
    private var position = 0
    private var last: LedgerKey?
    private var isFinished = false

    /// Connects and begins to read.
    ///
    /// - Parameters:
    ///   - name: "day" or "billing.day"; each part is taken as it is written, capitals and all.
    ///   - days: rows of other days are not read.
    /// - Throws: `LedgerError` where there is no such table, a column is missing or of another kind; `PostgresError` where the
    ///   server cannot be reached.
    public init(_ configuration: PostgresConfiguration, table name: String, days: Range<Int32>, portion: Int = 10_000)
        throws
    {
        source = "table \(SafeText.terminal(name))"
        self.days = days
        self.portion = portion
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else {
            throw LedgerError(source: source, "This is no name of a table.", hint: "It is TABLE or SCHEMA.TABLE.")
        }
        let table = parts.map { quoteIdentifier(String($0)) }.joined(separator: ".")
        connection = try PostgresConnection(configuration)
        let date = "'\(CivilTime.isoDate(day: Int64(days.lowerBound)))'::date"
        let length = days.upperBound - days.lowerBound
        // The columns are named as those of the table, so that a missing one is an error of the server and not another
        // column of the query. The order of currencies is that of bytes: any other one would depend on the database.
        let query = """
            SELECT l.advertiser_id::int8, l.campaign_id::int8, l.day::date - '1970-01-01'::date, l.currency::text, l.amount::numeric::text
            FROM \(table) AS l
            WHERE l.day IS NULL OR (l.day::date >= \(date) AND l.day::date < \(date) + \(length))
            ORDER BY l.day::date NULLS FIRST, 1 NULLS FIRST, 2 NULLS FIRST, l.currency::text COLLATE "C" NULLS FIRST
            """
        do {
            try connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try connection.query("DECLARE ledger NO SCROLL CURSOR FOR \(query)")
        } catch {
            throw Self.explained(error, source)
        }
    }

    public func next() throws -> LedgerEntry? {
        guard !isFinished else { return nil }
        if rows == nil || position == rows?.count {
            do {
                rows = try connection.query("FETCH FORWARD \(portion) FROM ledger")
            } catch {
                throw Self.explained(error, source)
            }
            position = 0
        }
        guard let rows, position < rows.count else {
            isFinished = true
            connection.close()
            return nil
        }
        defer { position += 1 }
        let entry = try entry(rows[position])
        if let last, last == entry.key {
            throw LedgerError(
                source: source, "There are several rows of \(Self.text(entry.key)).",
                hint: "A ledger has one row for each; add their amounts up in a view.")
        }
        last = entry.key
        return entry
    }

    private func entry(_ row: PostgresRow) throws -> LedgerEntry {
        for (index, column) in ["advertiser_id", "campaign_id", "day", "currency", "amount"].enumerated()
        where try row.isNull(index) {
            throw LedgerError(
                source: source, "A row has no \(column): it is NULL.", hint: "Leave such rows out in a view.")
        }
        // By number: how a date is written depends on the session.
        let day = CivilTime.isoDate(day: try row.int64(2))
        let fields = LedgerFields(
            advertiserID: try row.string(0), campaignID: try row.string(1), day: day, currency: try row.string(3),
            amount: try row.string(4))
        do {
            return try fields.entry(source: source, line: nil)
        } catch {
            let place = "advertiser \(fields.advertiserID), campaign \(fields.campaignID), day \(day)"
            throw LedgerError(source: source, "In the row of \(place): \(error.message)", hint: error.hint)
        }
    }

    private static func text(_ key: LedgerKey) -> String {
        "advertiser \(key.advertiserID), campaign \(key.campaignID), day \(key.date), currency \(key.currency)"
    }

    /// What the server refuses because of the ledger, in words about the ledger.
    private static func explained(_ error: PostgresError, _ source: String) -> any Error {
        let columns = LedgerFields.columns.joined(separator: ", ")
        let said = "PostgreSQL says: \(SafeText.terminal(error.message))."
        switch error.sqlState {
        case "42P01", "3F000":
            return LedgerError(
                source: source, "There is no such table or view.", hint: "Name it with its schema: SCHEMA.TABLE.")
        case "42703":
            return LedgerError(source: source, "A column is missing. \(said)", hint: "Its columns are \(columns).")
        case "42501": return LedgerError(source: source, "It may not be read. \(said)", hint: "Grant SELECT on it.")
        case "42846", "22P02", "22007", "22008", "22003", "42883":
            return LedgerError(
                source: source, "A column holds something else than it should. \(said)",
                hint:
                    "advertiser_id and campaign_id are whole numbers, day is a date, currency a text, amount a number.")
        default: return error
        }
    }
}
