/// A statement that each connection parses once, at its first use, and keeps under its name.
///
/// A value to be declared beside the SQL that it belongs to; the connection remembers what it has prepared.
public struct PreparedStatement: Sendable, Hashable {
    /// Unique among the statements of a connection; it appears in errors.
    public let name: String
    public let sql: String
    /// The types of the parameters. Empty: those of the parameters at the first use.
    public let parameterTypes: [PostgresType]

    public init(name: String, sql: String, parameterTypes: [PostgresType] = []) {
        self.name = name
        self.sql = sql
        self.parameterTypes = parameterTypes
    }
}
