import Postgres

/// Short questions to a database, each over a connection of its own: a test that stops the server needs no repair.
struct Database: Sendable {
    let connectionString: String

    /// The rows as text.
    func rows(_ sql: String) throws -> [[String?]] {
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        let rows = try connection.query(sql)
        return try rows.map { row in try rows.columnNames.indices.map { try row.optionalString($0) } }
    }

    /// The first column of the first row; nil where it is NULL or there is no row.
    func text(_ sql: String) throws -> String? { try rows(sql).first?.first ?? nil }

    /// The same as a number.
    func number(_ sql: String) throws -> Int64? { try text(sql).flatMap { Int64($0) } }

    /// Statements without an answer.
    func execute(_ sql: String) throws {
        let connection = try PostgresConnection(configuration)
        defer { connection.close() }
        try connection.execute(sql)
    }

    private var configuration: PostgresConfiguration {
        PostgresConfiguration(connectionString: connectionString, applicationName: "sluice-tests")
    }
}
