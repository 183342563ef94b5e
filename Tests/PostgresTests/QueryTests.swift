import Postgres
import Testing

extension ServerTests {
    @Suite(.serialized) struct Queries {
        @Test func scalarsRoundTrip() throws {
            let connection = try connect()
            let bytes = (0...255).map { UInt8($0) }
            let rows = try connection.query(
                """
                SELECT $1::text AS t, $2 AS i, $3 AS b, $4::text AS n, $5 AS yes, '{1,-2,3}'::int8[] AS a,
                    '{}'::int8[] AS none, 12.5::float8 AS d, 170141183460469231731687303715884105727::numeric AS big
                """, [.text("grün 'quoted' \\"), .int8(.min), .bytea(bytes), .null, .bool(true)])
            #expect(rows.count == 1)
            let row = rows[0]
            #expect(try row.string("t") == "grün 'quoted' \\")
            #expect(try row.int64("i") == .min)
            #expect(try row.bytes("b") == bytes)
            #expect(try row.isNull("n"))
            #expect(try row.optionalString("n") == nil)
            #expect(try row.bool("yes"))
            #expect(try row.int64Array("a") == [1, -2, 3])
            #expect(try row.int64Array("none") == [])
            #expect(try row.double("d") == 12.5)
            #expect(try row.int128("big") == .max)
            #expect(try row.string(0) == row.string("t"))
            #expect(failure { _ = try row.string("n") }?.code == .invalidArgument)
            #expect(failure { _ = try row.string("missing") }?.code == .invalidArgument)
            #expect(failure { _ = try row.string(99) }?.code == .invalidArgument)
            #expect(failure { _ = try row.int64("t") }?.code == .invalidArgument)
            #expect(failure { _ = try row.int64("big") }?.code == .invalidArgument)
        }

        @Test func emptyValuesAreNotNull() throws {
            let row = try connect().query("SELECT $1::text AS t, $2 AS b", [.text(""), .bytea([])])[0]
            #expect(try row.optionalString("t") == "")
            #expect(try row.optionalBytes("b") == [])
        }

        @Test func serverErrorsTellWhatAndWhere() throws {
            let connection = try connect()
            try connection.execute(
                "CREATE TEMP TABLE one (id int8 CONSTRAINT one_id PRIMARY KEY); INSERT INTO one VALUES (1)")
            let error = failure { try connection.query("INSERT INTO one VALUES ($1)", [.int8(1)]) }
            #expect(error?.code == .server)
            #expect(error?.sqlState == "23505")
            #expect(error?.constraintName == "one_id")
            #expect(error?.detail?.contains("(id)=(1)") == true)
            #expect(error?.context?.contains("INSERT INTO one") == true)
            #expect(error?.isTransient == false)
            #expect(failure { try connection.execute("SELEC 1") }?.sqlState == "42601")
            #expect(try connection.query("SELECT count(*) FROM one")[0].int64(0) == 1)
        }

        @Test func severalStatementsAreOneTransaction() throws {
            let connection = try connect()
            try connection.execute("CREATE TEMP TABLE several (id int8)")
            #expect(
                failure { try connection.execute("INSERT INTO several VALUES (1); SELECT 1/0; SELECT 2") }?.sqlState
                    == "22012")
            #expect(try connection.query("SELECT count(*) FROM several")[0].int64(0) == 0)
        }

        @Test func textWithAZeroByteIsRefused() throws {
            let connection = try connect()
            #expect(failure { try connection.query("SELECT $1::text", [.text("a\0b")]) }?.code == .invalidArgument)
            #expect(failure { try connection.execute("SELECT 1\0; DROP") }?.code == .invalidArgument)
        }

        // pitfall: library-bytes-of-a-bind
        @Test func bindIsCapped() throws {
            var configuration = try configuration()
            configuration.maximumBindBytes = 1000
            let connection = try PostgresConnection(configuration)
            let error = failure { try connection.query("SELECT $1", [.bytea([UInt8](repeating: 1, count: 1001))]) }
            #expect(error?.code == .invalidArgument)
            #expect(error?.message.contains("1001") == true)
            #expect(
                try connection.query("SELECT $1", [.bytea([UInt8](repeating: 1, count: 1000))])[0].bytes(0).count
                    == 1000)
            let many = [PostgresParameter](repeating: .null, count: 70_000)
            #expect(failure { try connection.query("SELECT 1", many) }?.code == .invalidArgument)
        }

        @Test func preparedStatements() throws {
            let connection = try connect()
            let sum = PreparedStatement(name: "sum", sql: "SELECT $1 + $2 AS s")
            for value: Int64 in [1, 2, .max - 1] {
                #expect(try connection.query(sum, [.int8(value), .int8(1)])[0].int64("s") == value + 1)
            }
            let count = try connection.query("SELECT count(*) FROM pg_prepared_statements WHERE name = 'sum'")
            #expect(try count[0].int64(0) == 1)
            let other = PreparedStatement(name: "sum", sql: "SELECT 1")
            #expect(failure { try connection.query(other) }?.code == .invalidArgument)
            #expect(failure { try connection.prepare(name: "wrong", sql: "SELECT nothing") }?.sqlState == "42703")
            try connection.prepare(name: "wrong", sql: "SELECT 1")
            #expect(try connection.query(PreparedStatement(name: "wrong", sql: "SELECT 1"))[0].int64(0) == 1)
        }

        @Test func aChangedShapeEndsTheSession() throws {
            let connection = try connect()
            try connection.execute("DROP TABLE IF EXISTS shaped; CREATE TABLE shaped (id int4)")
            let all = PreparedStatement(name: "all", sql: "SELECT * FROM shaped")
            try connection.query(all)
            let migrating = try connect()
            try migrating.execute("ALTER TABLE shaped ALTER id TYPE int8")
            let changed = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    try pipeline.add(all)
                    try pipeline.add("COMMIT")
                }
            }
            #expect(changed?.isConnectionFailure == true)
            #expect(changed?.statementName == "all")
            #expect(!connection.isOpen)
            // Another use of the SQLSTATE is the statement's own fault.
            let unsupported = failure { try migrating.execute("SELECT DISTINCT id FROM shaped FOR UPDATE") }
            #expect(unsupported?.sqlState == "0A000")
            #expect(unsupported?.code == .server)
            try migrating.query(all)
            try migrating.execute("DEALLOCATE ALL")
            #expect(failure { try migrating.query(all) }?.isConnectionFailure == true)
            try connect().query(all)
        }

        @Test func statementsWithPasswordsAreNotQuoted() throws {
            let connection = try connect()
            let error = failure { try connection.execute("ALTER ROLE nobody_here Password 'hunter22'") }
            #expect(error?.sqlState == "42704")
            #expect(error?.context?.contains("ALTER ROLE nobody_here") == true)
            #expect(error.map { !$0.description.contains("hunter22") } == true)
        }

        @Test func aConnectionCanBeSentToItsThread() async throws {
            let connection = try connect()
            let value = try await Task.detached { try connection.query("SELECT 5")[0].int64(0) }.value
            #expect(value == 5)
        }

        @Test func commitOfAFailedTransactionIsAnError() throws {
            let connection = try connect()
            try connection.execute("BEGIN")
            _ = failure { try connection.execute("SELECT 1/0") }
            #expect(connection.transactionState == .inFailedTransaction)
            #expect(failure { try connection.execute(" commit") }?.sqlState == "25P02")
            #expect(connection.transactionState == .idle)
        }

        @Test func affectedRowsAndTags() throws {
            let connection = try connect()
            try connection.execute("CREATE TEMP TABLE touched (id int8)")
            let rows = try connection.query("INSERT INTO touched SELECT generate_series(1, 5)")
            #expect(rows.affectedRowCount == 5)
            #expect(rows.commandTag == "INSERT 0 5")
            #expect(rows.isEmpty)
        }

        @Test func quoting() throws {
            let connection = try connect()
            for name in ["plain", "with \"quotes\"", "UPPER ünï", "semi;colon"] {
                let row = try connection.query("SELECT 1 AS \(quoteIdentifier(name))")[0]
                #expect(row.rows.columnNames == [name])
            }
            for text in ["plain", "it's", "back\\slash", "\\'; DROP", "\n"] {
                for setting in ["on", "off"] {
                    try connection.execute("SET standard_conforming_strings = \(setting); SET backslash_quote = on")
                    #expect(try connection.query("SELECT \(quoteLiteral(text))")[0].string(0) == text)
                }
            }
        }

        @Test func copyForTheClientIsRefused() throws {
            for sql in ["COPY pg_class TO STDOUT", "COPY pg_class FROM STDIN"] {
                let connection = try connect()
                #expect(failure { try connection.execute(sql) }?.code == .invalidArgument)
                #expect(!connection.isOpen)
            }
        }
    }
}
