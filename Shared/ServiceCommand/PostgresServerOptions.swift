public import ArgumentParser

/// How a service reaches PostgreSQL, on its command line. A nil means: not given here.
public struct PostgresServerOptions: ParsableArguments {
    @Option(help: "libpq connection string or URI; TLS by its sslmode, sslrootcert and so on.")
    public var postgres: String?
    @Option(help: "File with PostgreSQL's password.") public var postgresPasswordFile: String?
    @Option(help: "Put before the schemas' names, to keep installations apart.") public var schemaPrefix: String?

    public init() {}

    /// By configuration key.
    public var flags: [String: String?] {
        ["postgres": postgres, "postgres.password-file": postgresPasswordFile, "schema-prefix": schemaPrefix]
    }
}
