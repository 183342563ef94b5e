import Glibc
import Postgres
import Testing

extension ServerTests {
    @Suite(.serialized) struct Connections {
        @Test func sessionHasItsSettings() throws {
            let connection = try connect()
            func show(_ name: String) throws -> String { try connection.query("SHOW \(name)")[0].string(0) }
            #expect(try show("lock_timeout") == "5s")
            #expect(try show("idle_in_transaction_session_timeout") == "5s")
            #expect(try show("statement_timeout") == "1min")
            #expect(try show("application_name") == "sluice-tests")
            #expect(try show("client_encoding") == "UTF8")
            #expect(try show("timezone") == "UTC")
            #expect(connection.serverVersion >= 120_000)
            let process = try connection.query("SELECT pg_backend_pid()")[0].int64(0)
            #expect(process == Int64(connection.backendProcessID))
        }

        @Test func connectionStringWins() throws {
            var configuration = try configuration()
            configuration.connectionString +=
                " application_name=mine options='-c lock_timeout=1234 --statement-timeout=4321 -cdeadlock_timeout=7s'"
            configuration.idleInTransactionTimeoutMilliseconds = 777
            let connection = try PostgresConnection(configuration)
            func show(_ name: String) throws -> String { try connection.query("SHOW \(name)")[0].string(0) }
            #expect(try show("lock_timeout") == "1234ms")
            #expect(try show("statement_timeout") == "4321ms")
            #expect(try show("deadlock_timeout") == "7s")
            #expect(try show("idle_in_transaction_session_timeout") == "777ms")
            #expect(try show("application_name") == "mine")
        }

        @Test func unreachableServer() throws {
            let error = failure {
                _ = try PostgresConnection(
                    PostgresConfiguration(connectionString: "host=/nonexistent password=hunter22 dbname=x"))
            }
            #expect(error?.code == .connectionFailed)
            #expect(error?.isConnectionFailure == true)
            #expect(error?.isTransient == true)
            #expect(error.map { !$0.description.contains("hunter22") } == true)
        }

        @Test func unknownHostAndClosedPort() throws {
            for string in ["host=no-such-host.invalid password=hunter22", "host=127.0.0.1 port=1 password=hunter22"] {
                let error = failure { _ = try PostgresConnection(PostgresConfiguration(connectionString: string)) }
                #expect(error?.code == .connectionFailed)
                #expect(error.map { !$0.description.contains("hunter22") } == true)
            }
        }

        @Test func passwords() throws {
            let role = PrivateServer.guardedRole
            let right = PrivateServer.guardedPassword
            let administrator = try connect()
            try administrator.execute("DROP ROLE IF EXISTS \(role)")
            try administrator.execute("CREATE ROLE \(role) LOGIN PASSWORD \(quoteLiteral(right))")
            var guarded = try configuration()
            guarded.connectionString = "host=\(try PrivateServer.shared.folder) dbname=postgres user=\(role)"

            let missing = failure { _ = try PostgresConnection(guarded) }
            #expect(missing?.code == .connectionFailed)
            #expect(missing?.hint?.contains("none was given") == true)

            guarded.password = "wrong-secret"
            let wrong = failure { _ = try PostgresConnection(guarded) }
            #expect(wrong?.code == .connectionFailed)
            #expect(wrong.map { !$0.description.contains("wrong-secret") } == true)
            #expect(wrong?.message.contains("password authentication failed") == true)

            // What is given beside the string replaces what the string has.
            guarded.connectionString += " password=wrong-secret"
            guarded.password = right
            #expect(try PostgresConnection(guarded).query("SELECT current_user")[0].string(0) == role)

            guarded.password = nil
            let file = try PrivateServer.shared.folder + "/secret"
            let stream = try #require(fopen(file, "w"))
            fputs(right + "\n", stream)
            fclose(stream)
            guarded.passwordFile = file
            #expect(try PostgresConnection(guarded).query("SELECT current_user")[0].string(0) == role)

            guarded.passwordFile = "/nonexistent/secret"
            #expect(failure { _ = try PostgresConnection(guarded) }?.code == .invalidArgument)
        }

        @Test func useOfAClosedConnection() throws {
            let connection = try connect()
            connection.close()
            connection.close()
            #expect(!connection.isOpen)
            #expect(failure { try connection.execute("SELECT 1") }?.code == .connectionLost)
            #expect(failure { try connection.pipeline { _ in } }?.isConnectionFailure == true)
            #expect(connection.backendProcessID == 0)
        }

        @Test func nestedUseIsRefused() throws {
            let connection = try connect()
            let error = failure {
                try connection.pipeline { pipeline throws(PostgresError) in
                    try pipeline.add("SELECT 1")
                    try connection.execute("SELECT 2")
                }
            }
            #expect(error?.code == .invalidArgument)
            #expect(try connection.query("SELECT 3")[0].int64(0) == 3)
        }

        @Test func noticesAreKept() throws {
            let connection = try connect()
            try connection.execute("DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$")
            #expect(connection.notices == ["WARNING: mind the gap"])
            for _ in 0..<20 { try connection.execute("DO $$ BEGIN RAISE NOTICE 'again'; END $$") }
            #expect(connection.notices.count == 16)
        }
    }
}
