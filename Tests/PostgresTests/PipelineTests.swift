import Postgres
import Testing

extension ServerTests {
    @Suite(.serialized) struct Pipelines {
        private let insert = PreparedStatement(
            name: "insert", sql: "INSERT INTO piped (id, payload) SELECT * FROM unnest($1, $2) RETURNING id")

        private func prepared() throws -> PostgresConnection {
            let connection = try connect()
            try connection.execute(
                "DROP TABLE IF EXISTS piped; CREATE TABLE piped (id int8 PRIMARY KEY, payload bytea)")
            return connection
        }

        private func count(_ connection: PostgresConnection) throws -> Int64 {
            try connection.query("SELECT count(*) FROM piped")[0].int64(0)
        }

        private func rows(_ range: Range<Int64>, bytes: Int) -> [PostgresParameter] {
            var ids = Int8ArrayBuilder()
            var payloads = ByteaArrayBuilder()
            let payload = [UInt8](repeating: 7, count: bytes)
            for id in range {
                ids.append(id)
                payloads.append(payload)
            }
            return [ids.parameter, payloads.parameter]
        }

        @Test func oneTransaction() throws {
            let connection = try prepared()
            for round in 0..<3 as Range<Int64> {
                let results = try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    let place = try pipeline.add(insert, rows(round * 10..<round * 10 + 10, bytes: 3))
                    #expect(place == 1)
                    try pipeline.add(insert, rows(round * 10 + 100..<round * 10 + 105, bytes: 3))
                    try pipeline.add("SELECT $1::text AS echo", [.text("hello")])
                    try pipeline.add("COMMIT")
                }
                #expect(results.map(\.commandTag) == ["BEGIN", "INSERT 0 10", "INSERT 0 5", "SELECT 1", "COMMIT"])
                #expect(results[1].count == 10)
                #expect(try results[3][0].string("echo") == "hello")
                #expect(connection.lastPipeline.statementsQueued == 5)
                #expect(connection.lastPipeline.statementsAnswered == 5)
                #expect(connection.lastPipeline.isSynchronized)
            }
            #expect(try count(connection) == 45)
            #expect(try connection.pipeline { _ in }.isEmpty)
        }

        @Test func aFailureInTheMiddleRollsBackAll() throws {
            let connection = try prepared()
            for begin in ["BEGIN", "SELECT 1"] {
                let error = failure {
                    try connection.pipeline { pipeline throws(PostgresError) in
                        try pipeline.add(begin)
                        try pipeline.add(insert, rows(0..<5, bytes: 1))
                        try pipeline.add("SELECT 1 / $1::int8", [.int8(0)], name: "divide")
                        try pipeline.add(insert, rows(5..<9, bytes: 1))
                        try pipeline.add("COMMIT")
                    }
                }
                #expect(error?.sqlState == "22012")
                #expect(error?.statementName == "divide")
                #expect(error?.statementIndex == 2)
                #expect(error?.isConnectionFailure == false)
                #expect(connection.lastPipeline.statementsAnswered == 2)
                #expect(connection.lastPipeline.isSynchronized)
                #expect(connection.transactionState == .idle)
                #expect(try count(connection) == 0)
            }
        }

        @Test func aStatementThatCannotBePreparedIsTriedAgain() throws {
            let connection = try prepared()
            try connection.execute("DROP TABLE piped")
            func run() throws {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    try pipeline.add(insert, rows(0..<2, bytes: 1))
                    try pipeline.add(insert, rows(2..<4, bytes: 1))
                    try pipeline.add("COMMIT")
                }
            }
            let error = failure { try run() }
            #expect(error?.sqlState == "42P01")
            #expect(error?.statementName == "insert")
            #expect(error?.statementIndex == 1)
            try connection.execute("CREATE TABLE piped (id int8 PRIMARY KEY, payload bytea)")
            try run()
            #expect(try count(connection) == 4)
        }

        @Test func aTransactionBegunBeforeIsRolledBackToo() throws {
            let connection = try prepared()
            try connection.execute("BEGIN; INSERT INTO piped VALUES (1, '')")
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("INSERT INTO piped VALUES (1, '')")
                }
            }
            #expect(error?.sqlState == "23505")
            #expect(connection.transactionState == .idle)
            #expect(try count(connection) == 0)
        }

        @Test func aThrowingClosureRollsBackWhatWasSent() throws {
            let connection = try prepared()
            for begin in ["BEGIN", "SELECT 1"] {
                let error = failure {
                    try connection.pipeline { pipeline throws(PostgresError) in
                        try pipeline.add(begin)
                        try pipeline.add(insert, rows(0..<30, bytes: 100_000))
                        throw PostgresError(.invalidArgument, "changed my mind")
                    }
                }
                #expect(error?.message == "changed my mind")
                #expect(connection.transactionState == .idle)
                #expect(try count(connection) == 0)
            }
            try connection.query(insert, rows(0..<3, bytes: 1))
            #expect(try count(connection) == 3)
        }

        @Test func closingInsideTheClosureIsSafe() throws {
            let connection = try prepared()
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    connection.close()
                    _ = try? pipeline.add("SELECT 1")
                    _ = try? pipeline.add(insert, rows(0..<3, bytes: 1))
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(throws: PostgresError.self) {
                let copying = try connect()
                try copying.copyIn("COPY piped FROM STDIN") { writer in
                    copying.close()
                    try writer.write([UInt8](repeating: 48, count: 200_000))
                }
            }
        }

        // pitfall: library-bytes-of-a-bind
        @Test func aBindBeyondTheLimitRollsBack() throws {
            var configuration = try configuration()
            configuration.maximumBindBytes = 10_000
            _ = try prepared()
            let connection = try PostgresConnection(configuration)
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add(insert, rows(0..<3, bytes: 1))
                    try pipeline.add(insert, rows(3..<6, bytes: 9_000))
                }
            }
            #expect(error?.code == .invalidArgument)
            #expect(error?.statementIndex == 1)
            #expect(try count(connection) == 0)
        }

        @Test(.timeLimit(.minutes(2))) func tensOfMegabytesBothWays() throws {
            let connection = try prepared()
            let echoed = [UInt8](repeating: 9, count: 2_000_000)
            let results = try connection.pipeline { pipeline throws(PostgresError) in
                try pipeline.add("BEGIN")
                // Answers as large as the questions: the server stops reading until they are taken.
                for _ in 0..<20 { try pipeline.add("SELECT $1 AS echo", [.bytea(echoed)]) }
                for part in 0..<4 as Range<Int64> {
                    try pipeline.add(insert, rows(part * 100..<part * 100 + 100, bytes: 100_000))
                }
                try pipeline.add("COMMIT")
            }
            #expect(results.count == 26)
            #expect(try results[20][0].bytes("echo") == echoed)
            #expect(try connection.query("SELECT sum(length(payload)) FROM piped")[0].int64(0) == 40_000_000)
        }

        @Test func manySmallStatements() throws {
            let connection = try prepared()
            let one = PreparedStatement(name: "one", sql: "INSERT INTO piped VALUES ($1, NULL)")
            let results = try connection.pipeline { pipeline throws(PostgresError) in
                try pipeline.add("BEGIN")
                for id in 0..<20_000 as Range<Int64> { try pipeline.add(one, [.int8(id)]) }
                try pipeline.add("COMMIT")
            }
            #expect(results.count == 20_002)
            #expect(try count(connection) == 20_000)
        }

        @Test func aFailingCommitIsKnownToHaveFailed() throws {
            let connection = try prepared()
            try connection.execute(
                """
                DROP TABLE IF EXISTS deferred;
                CREATE TABLE deferred (id int8 UNIQUE DEFERRABLE INITIALLY DEFERRED)
                """)
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    try pipeline.add("INSERT INTO deferred VALUES (1), (1)")
                    try pipeline.add("COMMIT", name: "commit")
                }
            }
            #expect(error?.sqlState == "23505")
            #expect(error?.statementName == "commit")
            #expect(error?.isConnectionFailure == false)
            #expect(try connection.query("SELECT count(*) FROM deferred")[0].int64(0) == 0)
        }
    }
}
