import Postgres
import Testing

/// Everything that needs a server, one after the other on one server: some of these tests stop it.
@Suite(.serialized, .privateServer)
enum ServerTests {
    static func configuration() throws -> PostgresConfiguration {
        PostgresConfiguration(
            connectionString: "host=\(try PrivateServer.shared.folder) dbname=postgres user=tester",
            applicationName: "sluice-tests")
    }

    static func connect() throws -> PostgresConnection { try PostgresConnection(configuration()) }
}

/// The error of a call that is expected to throw one of the module's.
func failure(_ body: () throws -> Void) -> PostgresError? {
    do {
        try body()
        Issue.record("nothing was thrown")
    } catch let error as PostgresError {
        return error
    } catch {
        Issue.record("another error was thrown: \(error)")
    }
    return nil
}
