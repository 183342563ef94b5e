import Postgres
import Testing

@testable import Sluice

/// What the database says of itself to whoever reads the results.
@Suite struct ViewCommentTests {
    @Test func everyViewAndEachOfItsColumnsHasAComment() async throws {
        let tables = try await MigratedTables()
        let schema = tables.schemas.prefix + "spend"
        let views = try tables.connection.query(
            """
            SELECT c.relname, obj_description(c.oid, 'pg_class') IS NULL
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = $1 AND (c.relkind = 'v' OR c.relname IN ('exchange_rate', 'advertiser_zone'))
            """, [.text(schema)])
        #expect(views.count >= 18)
        for row in views where try row.bool(1) { Issue.record("view \(try row.string(0)) has no comment") }
        let columns = try tables.connection.query(
            """
            SELECT c.relname || '.' || a.attname
            FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
            JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid
            WHERE n.nspname = $1 AND (c.relkind = 'v' OR c.relname IN ('exchange_rate', 'advertiser_zone'))
                AND a.attnum > 0 AND NOT a.attisdropped AND coalesce(col_description(c.oid, a.attnum), '') = ''
            """, [.text(schema)])
        for row in columns { Issue.record("column \(try row.string(0)) has no comment") }
        let functions = try tables.connection.query(
            """
            SELECT p.proname FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
            WHERE n.nspname = $1 AND obj_description(p.oid, 'pg_proc') IS NULL
                AND (p.proname LIKE '%\\_changes' OR p.proname IN ('change_cursor', 'set_zone', 'drop_minutes'))
            """, [.text(schema)])
        for row in functions { Issue.record("function \(try row.string(0)) has no comment") }
    }
}
