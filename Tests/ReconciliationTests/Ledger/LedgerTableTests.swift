import LocalServers
import Postgres
import Testing

@testable import Reconciliation

/// Against a real PostgreSQL.
struct LedgerTableTests {
    static let days = LedgerFileTests.january

    /// A schema of its own, removed afterwards.
    static func withSchema<T>(_ body: (PostgresConfiguration, PostgresConnection, String) throws -> T) async throws -> T
    {
        let configuration = PostgresConfiguration(connectionString: try await TestServers.postgres())
        let connection = try PostgresConnection(configuration)
        let schema = TestServers.uniqueName("ledger").lowercased()
        try connection.execute("CREATE SCHEMA \(quoteIdentifier(schema))")
        defer { try? connection.execute("DROP SCHEMA \(quoteIdentifier(schema)) CASCADE") }
        return try body(configuration, connection, schema)
    }

    static func entries(_ table: LedgerTable) throws -> [LedgerEntry] {
        var entries: [LedgerEntry] = []
        while let entry = try table.next() { entries.append(entry) }
        #expect(try table.next() == nil)
        return entries
    }

    @Test func rowsComeInOrderAndInPortions() async throws {
        try await Self.withSchema { configuration, connection, schema in
            try connection.execute(
                """
                CREATE TABLE \(schema)."Day" (advertiser_id bigint, campaign_id bigint, day date, currency text, amount numeric(20, 4));
                INSERT INTO \(schema)."Day" SELECT 7, n, date '2026-01-01' + n % 31, c, n + 0.5
                    FROM generate_series(-10, 100) AS n, unnest(ARRAY['USD', 'EUR', 'ZAR']) AS c;
                INSERT INTO \(schema)."Day" VALUES (7, 1, '2026-02-01', 'EUR', 1), (7, 1, '2025-12-31', 'EUR', 1),
                    (7, 1, 'infinity', 'EUR', 1)
                """)
            let entries = try Self.entries(
                LedgerTable(configuration, table: "\(schema).Day", days: Self.days, portion: 7))
            // Those of December are not among them.
            #expect(entries.count == 303)
            #expect(entries.map(\.key) == entries.map(\.key).sorted())
            #expect(Set(entries.map(\.key)).count == entries.count)
            let one = LedgerKey(
                day: Self.days.lowerBound + 5, advertiserID: 7, campaignID: 5, currency: LedgerCurrency("ZAR")!)
            #expect(entries.first { $0.key == one }?.nanos == 5_500_000_000)
        }
    }

    /// Whatever types a billing system has: text, timestamps, floating point that is written as a decimal.
    @Test func viewsOfOtherTypesAreRead() async throws {
        try await Self.withSchema { configuration, connection, schema in
            try connection.execute(
                """
                CREATE VIEW \(schema).v AS SELECT '7'::text::int AS advertiser_id, 70::smallint AS campaign_id,
                    timestamp '2026-01-15 13:00' AS day, 'EUR'::char(3) AS currency, '-12.500000001'::text AS amount
                """)
            let table = try LedgerTable(configuration, table: "\(schema).v", days: Self.days)
            #expect(try Self.entries(table) == [LedgerFileTests.entry("2026-01-15", 70, "EUR", -12_500_000_001)])
        }
    }

    static func message(_ rows: String, table: String = "t", columns: String? = nil) async throws -> String {
        try await withSchema { configuration, connection, schema in
            let columns = columns ?? "advertiser_id text, campaign_id bigint, day date, currency text, amount numeric"
            try connection.execute(
                "CREATE TABLE \(schema).t (\(columns)); \(rows.replacing("INTO t", with: "INTO \(schema).t"))")
            do {
                return
                    "\(try entries(LedgerTable(configuration, table: table == "t" ? "\(schema).t" : table, days: days)).count) read"
            } catch { return "\(error)".replacing(schema + ".", with: "") }
        }
    }

    @Test(arguments: [
        ("INSERT INTO t VALUES (7, 1, '2026-01-01', 'EUR', 1)", "1 read"),
        (
            "INSERT INTO t VALUES (7, 1, '2026-01-01', 'EUR', 1), (7, 1, '2026-01-01', 'EUR', 2)",
            "table t: There are several rows of advertiser 7, campaign 1, day 2026-01-01, currency EUR. A ledger has one row for "
                + "each; add their amounts up in a view."
        ),
        (
            "INSERT INTO t VALUES (7, 1, NULL, 'EUR', 1)",
            "table t: A row has no day: it is NULL. Leave such rows out in a view."
        ),
        (
            "INSERT INTO t VALUES (7, 1, '2026-01-01', 'EUR', NULL)",
            "table t: A row has no amount: it is NULL. Leave such rows out in a view."
        ),
        (
            "INSERT INTO t VALUES (7, 1, '2026-01-01', 'Euro', 1)",
            "table t: In the row of advertiser 7, campaign 1, day 2026-01-01: currency \"Euro\" is not one. It is three letters A to Z."
        ),
        (
            "INSERT INTO t VALUES (7, 1, '2026-01-01', 'EUR', 'NaN')",
            "table t: In the row of advertiser 7, campaign 1, day 2026-01-01: amount \"NaN\" is not one. \(LedgerFileTests.amountRule)"
        ),
        (
            "INSERT INTO t VALUES (7, 1, '2026-01-01', 'EUR', 0.0000000001)",
            "table t: In the row of advertiser 7, campaign 1, day 2026-01-01: amount \"0.0000000001\" is not one. "
                + LedgerFileTests.amountRule
        ),
        (
            "INSERT INTO t VALUES ('seven', 1, '2026-01-01', 'EUR', 1)",
            "table t: A column holds something else than it should. PostgreSQL says: invalid input syntax for type bigint: \"seven\". "
                + "advertiser_id and campaign_id are whole numbers, day is a date, currency a text, amount a number."
        ),
    ])
    func faultsAreNamed(rows: String, message: String) async throws { #expect(try await Self.message(rows) == message) }

    @Test func tablesThatCannotBeReadAreNamed() async throws {
        #expect(
            try await Self.message("", table: "nowhere.at_all")
                == "table nowhere.at_all: There is no such table or view. Name it with its schema: SCHEMA.TABLE.")
        #expect(
            try await Self.message("", table: "a.b.c")
                == "table a.b.c: This is no name of a table. It is TABLE or SCHEMA.TABLE.")
        #expect(
            try await Self.message("", table: "x\"; DROP TABLE t; --").hasPrefix(
                "table x\"; DROP TABLE t; --: There is no such"))
        #expect(
            try await Self.message("", columns: "advertiser_id bigint, campaign_id bigint, day date, currency text")
                == "table t: A column is missing. PostgreSQL says: column l.amount does not exist. Its columns are advertiser_id, "
                + "campaign_id, day, currency, amount.")
    }

    @Test func aServerThatIsNotThereIsAnErrorOfPostgres() {
        #expect(throws: PostgresError.self) {
            try LedgerTable(PostgresConfiguration(connectionString: "host=/nowhere"), table: "t", days: Self.days)
        }
    }

    @Test func aFileAndATableCompareAlike() async throws {
        try await Self.withSchema { configuration, connection, schema in
            try connection.execute(
                """
                CREATE TABLE \(schema).t (advertiser_id bigint, campaign_id bigint, day date, currency text, amount numeric);
                INSERT INTO \(schema).t VALUES (7, 1, '2026-01-01', 'EUR', 10.02), (7, 3, '2026-01-03', 'EUR', 1)
                """)
            let ours = [
                LedgerComparisonTests.entry("2026-01-01", 1, "10"), LedgerComparisonTests.entry("2026-01-03", 3, "1"),
            ]
            let comparison = try LedgerComparison(
                ours: LedgerEntries(ours), theirs: LedgerTable(configuration, table: "\(schema).t", days: Self.days),
                source: "table t", days: Self.days, tolerance: .zero)
            #expect(comparison.differenceCount == 1 && comparison.differences[0].nanos == "20000000")
        }
    }
}
