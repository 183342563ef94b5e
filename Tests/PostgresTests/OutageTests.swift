import Glibc
import Postgres
import Testing

extension ServerTests {
    @Suite(.serialized, .timeLimit(.minutes(2))) struct Outages {
        // pitfall: library-parameters-on-reconnect
        @Test func immediateStopBetweenStatements() throws {
            let server = try PrivateServer.shared
            let connection = try connect()
            try connection.execute("DROP TABLE IF EXISTS survivor; CREATE TABLE survivor (id int8)")
            try connection.execute("BEGIN; INSERT INTO survivor VALUES (1)")
            try server.stop(mode: "immediate")
            let error = failure { try connection.execute("COMMIT") }
            #expect(error?.isConnectionFailure == true)
            #expect(error?.isTransient == true)
            let refused = failure { _ = try connect() }
            #expect(refused?.code == .connectionFailed)
            try server.start()
            #expect(failure { try connection.execute("SELECT 1") }?.code == .connectionLost)
            let again = try connect()
            #expect(try again.query("SELECT count(*) FROM survivor")[0].int64(0) == 0)
        }

        @Test func immediateStopInsideAPipeline() throws {
            let server = try PrivateServer.shared
            let connection = try connect()
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    try pipeline.add("SELECT pg_sleep(30)", name: "sleep")
                    try pipeline.add("COMMIT")
                    do {
                        try server.stop(mode: "immediate")
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            try server.start()
            #expect(error?.isConnectionFailure == true)
            #expect(connection.lastPipeline.statementsAnswered < 3)
            #expect(connection.lastPipeline.isSynchronized == false)
            #expect(failure { try connection.execute("SELECT 1") }?.code == .connectionLost)
            #expect(try connect().query("SELECT 1")[0].int64(0) == 1)
        }

        @Test func shutdownOnRequestDuringLargeBinds() throws {
            let server = try PrivateServer.shared
            let connection = try connect()
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    for index in 0..<20 {
                        try pipeline.add("SELECT length($1)", [.bytea([UInt8](repeating: 1, count: 5_000_000))])
                        guard index == 3 else { continue }
                        do {
                            try server.stop(mode: "fast")
                        } catch {
                            Issue.record(error)
                        }
                    }
                }
            }
            try server.start()
            #expect(error?.isConnectionFailure == true)
            #expect(try connect().query("SELECT 1")[0].int64(0) == 1)
        }

        @Test func shutdownDuringACopy() throws {
            let server = try PrivateServer.shared
            let connection = try connect()
            try connection.execute("CREATE TEMP TABLE copied (id int8)")
            let error = failure {
                try connection.copyIn("COPY copied FROM STDIN") { writer in
                    for index in 0..<1_000_000 {
                        try writer.write("\(index)\n")
                        if index == 100_000 { try server.stop(mode: "immediate") }
                    }
                }
            }
            try server.start()
            #expect(error?.isConnectionFailure == true)
        }

        @Test func aTerminatedSessionIsAConnectionFailure() throws {
            let connection = try connect()
            let other = try connect()
            try other.query("SELECT pg_terminate_backend($1::int4, 5000)", [.int8(Int64(connection.backendProcessID))])
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in try pipeline.add("SELECT 1") }
            }
            #expect(error?.isConnectionFailure == true)
            #expect(!connection.isOpen)
        }

        @Test func idleInTransactionEndsTheSession() throws {
            var configuration = try configuration()
            configuration.idleInTransactionTimeoutMilliseconds = 50
            let connection = try PostgresConnection(configuration)
            let other = try connect()
            try connection.execute("BEGIN")
            let process = Int64(connection.backendProcessID)
            try other.execute("SET statement_timeout = '10s'")
            while try other.query("SELECT 1 FROM pg_stat_activity WHERE pid = $1", [.int8(process)]).count > 0 {
                try other.query("SELECT pg_sleep(0.01)")
            }
            let error = failure { try connection.execute("COMMIT") }
            #expect(error?.isConnectionFailure == true)
            #expect(error?.code == .connectionLost)
            #expect(error?.sqlState == "25P03")
        }

        @Test func statementAndLockTimeouts() throws {
            var configuration = try configuration()
            configuration.statementTimeoutMilliseconds = 200
            configuration.lockTimeoutMilliseconds = 50
            let connection = try PostgresConnection(configuration)
            let slow = failure { try connection.execute("SELECT pg_sleep(30)") }
            #expect(slow?.sqlState == "57014")
            #expect(slow?.isTransient == true)
            #expect(slow?.isConnectionFailure == false)
            let holder = try connect()
            try holder.execute("DROP TABLE IF EXISTS held; CREATE TABLE held ()")
            try holder.execute("BEGIN; LOCK TABLE held")
            let locked = failure { try connection.execute("SELECT * FROM held") }
            #expect(locked?.sqlState == "55P03")
            #expect(locked?.isTransient == true)
            #expect(try connection.query("SELECT 1")[0].int64(0) == 1)
        }

        @Test func aSilentServerIsGivenUp() throws {
            var configuration = try configuration()
            configuration.silenceTimeoutMilliseconds = 300
            let connection = try PostgresConnection(configuration)
            let process = connection.backendProcessID
            #expect(kill(process, SIGSTOP) == 0)
            defer { kill(process, SIGCONT) }
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("BEGIN")
                    try pipeline.add("COMMIT")
                }
            }
            #expect(error?.code == .connectionLost)
            #expect(error?.message.contains("silent") == true)
            #expect(connection.lastPipeline.statementsAnswered == 0)
            #expect(!connection.isOpen)
        }
    }
}
