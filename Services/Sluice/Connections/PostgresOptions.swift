import ArgumentParser
import Connectors
import Postgres

/// How a command reaches PostgreSQL, and where in it the results are.
struct PostgresOptions: ParsableArguments {
    @Option(help: "libpq connection string. [SLUICE_POSTGRES; else the development servers]")
    var postgres: String?

    @Option(help: "File that holds the password. [SLUICE_POSTGRES_PASSWORD_FILE]")
    var postgresPasswordFile: String?

    @Option(help: "What stands before the names of the schemas spend and sluice. [SLUICE_SCHEMA_PREFIX]")
    var schemaPrefix: String?

    /// Where the results are.
    var schemas: ResultSchemas {
        ResultSchemas(prefix: schemaPrefix ?? Environment.value("SLUICE_SCHEMA_PREFIX") ?? "")
    }

    /// The same, as the services themselves name them.
    func names() throws -> DatabaseNames { try DatabaseNames(prefix: schemas.prefix) }

    /// - Throws: `CommandFailure` (.usage) where nothing says where PostgreSQL is.
    func configuration() throws -> PostgresConfiguration {
        let named = postgres ?? Environment.value("SLUICE_POSTGRES")
        let string = named ?? DevelopmentServers.running().postgres
        guard let string else {
            throw CommandFailure(
                .usage, "no PostgreSQL is named: give --postgres or SLUICE_POSTGRES, or run `sluice dev up`")
        }
        var configuration = PostgresConfiguration(
            connectionString: string,
            passwordFile: postgresPasswordFile ?? Environment.value("SLUICE_POSTGRES_PASSWORD_FILE"),
            applicationName: "sluice-command")
        // An operator's questions may take longer than a service's statements.
        configuration.statementTimeoutMilliseconds = 600_000
        configuration.idleInTransactionTimeoutMilliseconds = 60_000
        return configuration
    }

    /// A new session.
    func connect() throws -> PostgresConnection {
        try PostgresConnection(configuration())
    }
}
