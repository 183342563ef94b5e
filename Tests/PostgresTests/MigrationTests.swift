import Postgres
import Synchronization
import Testing

@Suite struct MigrationLists {
    @Test func versionsAscend() {
        let one = Migration(version: 1, name: "a", sql: "SELECT 1")
        let two = Migration(version: 2, name: "b", sql: "SELECT 2")
        for list in [[two, one], [one, one], [Migration(version: 0, name: "z", sql: "")]] {
            #expect(failure { _ = try Migrator(schema: "s", migrations: list) }?.code == .invalidArgument)
        }
        #expect(failure { _ = try Migrator(schema: "", migrations: [one]) }?.code == .invalidArgument)
    }
}

extension ServerTests {
    @Suite(.serialized, .timeLimit(.minutes(1))) struct Migrations {
        static let schema = "mi \"gration"
        private let quoted = quoteIdentifier(Self.schema)
        private var first: Migration {
            Migration(
                version: 1, name: "create",
                sql: "CREATE TABLE \(quoted).a (id int8); CREATE TABLE \(quoted).b (id int8)")
        }
        private var second: Migration {
            Migration(version: 2, name: "fill", sql: "INSERT INTO \(quoted).a VALUES (1); SELECT pg_sleep(0.05)")
        }

        private func fresh() throws -> PostgresConnection {
            let connection = try connect()
            try connection.execute("DROP SCHEMA IF EXISTS \(quoted) CASCADE")
            return connection
        }

        private func migrator(_ migrations: Migration...) throws -> Migrator {
            try Migrator(schema: Self.schema, migrations: migrations)
        }

        @Test func appliesOnce() throws {
            let connection = try fresh()
            let migrator = try migrator(first, second)
            #expect(try migrator.status(on: connection).pending == [first, second])
            #expect(try connection.query("SELECT to_regnamespace($1) IS NULL", [.text(quoted)])[0].bool(0))
            #expect(try migrator.apply(on: connection) == [1, 2])
            #expect(try migrator.apply(on: connection) == [])
            let status = try migrator.status(on: connection)
            #expect(status.isCurrent)
            #expect(status.applied.map(\.version) == [1, 2])
            #expect(status.applied.map(\.name) == ["create", "fill"])
            #expect(status.applied.allSatisfy { $0.checksum.count == 64 })
            #expect(try connection.query("SELECT count(*) FROM \(quoted).a")[0].int64(0) == 1)
            #expect(try connection.query("SHOW statement_timeout")[0].string(0) == "1min")
            #expect(try connection.query("SHOW lock_timeout")[0].string(0) == "5s")
            #expect(try connection.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0].int64(0) == 0)
        }

        @Test func severalAtOnceTakeTurns() async throws {
            _ = try fresh()
            let migrator = try migrator(first, second)
            let configuration = try configuration()
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<4 {
                    group.addTask { try migrator.apply(on: PostgresConnection(configuration)) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
        }

        @Test func changedTextIsAnErrorThatNamesIt() throws {
            let connection = try fresh()
            try migrator(first, second).apply(on: connection)
            let changed = Migration(version: 2, name: "fill", sql: second.sql + " ")
            let other = try migrator(first, changed)
            let error = failure { try other.apply(on: connection) }
            #expect(error?.code == .migration)
            #expect(error?.message.contains("Migration 2 (fill)") == true)
            #expect(failure { _ = try other.status(on: connection) }?.code == .migration)
        }

        @Test func newerVersionsAreAllowedAndReported() throws {
            let connection = try fresh()
            try migrator(first, second).apply(on: connection)
            let older = try migrator(first)
            #expect(try older.apply(on: connection) == [])
            #expect(try older.status(on: connection).newer.map(\.version) == [2])
            #expect(try older.status(on: connection).isCurrent)
        }

        @Test func gapsAreErrors() throws {
            let connection = try fresh()
            let third = Migration(version: 3, name: "later", sql: "SELECT 3")
            try migrator(first, third).apply(on: connection)
            let late = try migrator(first, second, third)
            #expect(failure { try late.apply(on: connection) }?.message.contains("Migration 2") == true)
            let forgotten = try migrator(third)
            #expect(failure { try forgotten.apply(on: connection) }?.message.contains("Migration 1") == true)
        }

        @Test func aFailingMigrationLeavesTheOnesBefore() throws {
            let connection = try fresh()
            let broken = Migration(
                version: 2, name: "broken", sql: "CREATE TABLE \(quoted).c (id int8); SELECT 1/0")
            let migrator = try migrator(first, broken)
            let error = failure { try migrator.apply(on: connection) }
            #expect(error?.sqlState == "22012")
            #expect(error?.context?.contains("migration 2 (broken)") == true)
            #expect(try migrator.status(on: connection).applied.map(\.version) == [1])
            #expect(try connection.query("SELECT to_regclass($1) IS NULL", [.text("\(quoted).c")])[0].bool(0))
            #expect(connection.transactionState == .idle)
            #expect(try connection.query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")[0].int64(0) == 0)
        }

        @Test func transactionControlIsRefused() throws {
            for sql in ["COMMIT", "COMMIT; BEGIN", "ROLLBACK; SELECT 1"] {
                let connection = try fresh()
                let migrator = try migrator(Migration(version: 1, name: "ends", sql: sql))
                let error = failure { try migrator.apply(on: connection) }
                #expect(error?.code == .migration)
                #expect(error?.context?.contains("migration 1 (ends)") == true)
                #expect(try migrator.status(on: connection).applied.isEmpty)
            }
        }

        @Test func theWaitForAnotherIsBounded() throws {
            let connection = try fresh()
            let holder = try connect()
            try holder.query(
                "SELECT pg_advisory_lock(hashtextextended('sluice.schema_migration:' || $1::text, 0))",
                [.text(Self.schema)])
            var migrator = try migrator(first)
            migrator.lockWaitMilliseconds = 100
            let error = failure { try migrator.apply(on: connection) }
            #expect(error?.sqlState == "55P03")
            #expect(error?.isTransient == true)
            holder.close()
            #expect(try migrator.apply(on: connection) == [1])
        }
    }
}
