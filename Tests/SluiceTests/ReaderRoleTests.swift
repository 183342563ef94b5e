import LocalServers
import Postgres
import Testing

@testable import Sluice

/// The role that `spend-aggregator migrate --grant-reader` makes.
@Suite struct ReaderRoleTests {
    /// Results with everything in them, and a session that has become the reader.
    private func reading(
        _ body: (MigratedTables, _ reader: PostgresConnection, _ role: String) async throws -> Void
    ) async throws {
        let tables = try await MigratedTables()
        let role = TestServers.uniqueName("reader") + " with a blank"
        try tables.add([.init(minute: "2026-03-28 22:59:00+00", nanos: "5")])
        try tables.adjust(1, at: "2026-03-28 22:59:30+00", nanos: "-1")
        try tables.setRate("EUR", "USD", "2026-01-01", "1.1")
        // What only the database's owner may run unless it says otherwise.
        try tables.connection.execute(
            """
            REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA \(quoteIdentifier(tables.schemas.prefix + "spend")) FROM PUBLIC
            """)
        for _ in 0..<2 {
            try tables.connection.query("SELECT \(tables.schemas.spend("grant_reader"))($1)", [.text(role)])
        }
        let reader = try PostgresConnection(tables.configuration)
        try reader.execute("SET ROLE \(quoteIdentifier(role))")
        defer {
            reader.close()
            try? tables.connection.execute(
                "DROP OWNED BY \(quoteIdentifier(role)); DROP ROLE \(quoteIdentifier(role))")
        }
        try await body(tables, reader, role)
    }

    /// The names in the schema that a query of the catalog finds.
    private func names(_ tables: MigratedTables, _ condition: String) throws -> [String] {
        try tables.connection.query(
            """
            SELECT c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND \(condition)
            """, [.text(tables.schemas.prefix + "spend")]
        ).map { try $0.string(0) }
    }

    private func expectRefused(_ reader: PostgresConnection, _ sql: String) {
        let error = #expect(throws: PostgresError.self, "\(sql)") { try reader.execute(sql) }
        #expect(error?.sqlState == "42501", "\(sql): \(error?.message ?? "nothing")")
    }

    @Test func theReaderReadsEveryViewAndAsksForChanges() async throws {
        try await reading { tables, reader, _ in
            let views = try names(tables, "c.relkind = 'v'")
            #expect(views.count >= 16)
            for view in views { try reader.query("SELECT * FROM \(tables.schemas.spend(view))") }
            for table in ["exchange_rate", "advertiser_zone"] {
                try reader.query("SELECT * FROM \(tables.schemas.spend(table))")
            }
            let settled = try await tables.settledCursor()
            for level in SpendLevel.allCases where level != .adjustment {
                let query = LevelQuery(level: level, since: "", target: level == .minute ? "USD" : nil)
                let first = try query.answer(in: tables.schemas, on: reader)
                #expect(first.rows.rows.count == (level == .adHour || level == .adGroupHour ? 2 : 1), "\(level)")
                let again = LevelQuery(level: level, since: settled)
                #expect(try again.answer(in: tables.schemas, on: reader).rows.rows.isEmpty, "\(level)")
            }
            let ledger = try LedgerQuery().answer(in: tables.schemas, on: reader)
            #expect(ledger.rows.rows.count == 1)
            #expect(
                try RateStore(schemas: tables.schemas, connection: reader).list(from: nil, to: nil, limit: 9).rows.count
                    == 1)
            #expect(try ZoneStore(schemas: tables.schemas, connection: reader).list(nil).rows.isEmpty)
        }
    }

    @Test func theReaderReadsNothingBeneathAndWritesNothing() async throws {
        try await reading { tables, reader, _ in
            let hidden = try names(
                tables, "c.relkind IN ('r', 'p') AND c.relname NOT IN ('exchange_rate', 'advertiser_zone')")
            #expect(hidden.contains("minute_by_partition"))
            #expect(hidden.contains("minute_20260328"))
            for table in hidden { expectRefused(reader, "SELECT * FROM \(tables.schemas.spend(table))") }
            for view in try names(tables, "c.relkind = 'v' OR c.relname IN ('exchange_rate', 'advertiser_zone')") {
                let name = tables.schemas.spend(view)
                let writes = try tables.connection.query(
                    """
                    SELECT bool_or(has_table_privilege($1, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER'))
                    FROM pg_catalog.pg_class AS c WHERE c.oid = $2::regclass
                    """, [.text(try reader.query("SELECT current_user").first?.string(0) ?? ""), .text(name)])
                #expect(try writes.first?.bool(0) == false, "\(view)")
            }
            // Views that PostgreSQL would let others write through.
            for view in ["adjustment_ledger", "signal"] {
                expectRefused(reader, "DELETE FROM \(tables.schemas.spend(view))")
            }
            expectRefused(reader, "UPDATE \(tables.schemas.spend("exchange_rate")) SET rate = 2")
            expectRefused(reader, "SELECT \(tables.schemas.spend("set_zone"))(7, 'Europe/Berlin', '2027-01-01')")
            expectRefused(reader, "SELECT \(tables.schemas.spend("drop_minutes"))('2026-01-01')")
            expectRefused(reader, "SELECT \(tables.schemas.spend("grant_reader"))('somebody')")
            expectRefused(reader, "CREATE TABLE \(tables.schemas.spend("mine")) (x int)")
            let sluice = quoteIdentifier(tables.schemas.prefix + "sluice")
            for table in ["dead_letter", "progress", "outbox_lane"] {
                expectRefused(reader, "SELECT * FROM \(sluice).\(table)")
            }
        }
    }

    /// Functions that everybody may run as long as nobody took it away write nothing for a reader either.
    @Test func theReaderCannotWriteThroughFunctions() async throws {
        try await reading { tables, reader, role in
            try tables.connection.execute(
                """
                GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA \(quoteIdentifier(tables.schemas.prefix + "spend"))
                TO \(quoteIdentifier(role))
                """)
            expectRefused(reader, "SELECT \(tables.schemas.spend("set_zone"))(7, 'Europe/Berlin', '2027-01-01')")
            expectRefused(reader, "SELECT \(tables.schemas.spend("drop_minutes"))('2026-01-01')")
            expectRefused(reader, "SELECT \(tables.schemas.spend("forget_partition"))(0)")
            expectRefused(reader, "SELECT \(tables.schemas.spend("start_days"))(now(), 5)")
            expectRefused(reader, "SELECT \(tables.schemas.spend("level_differences"))()")
        }
    }
}
