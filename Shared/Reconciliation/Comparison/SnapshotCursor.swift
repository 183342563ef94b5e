import Postgres

/// The rows of a query in portions, so that memory does not grow with the result. Several may be open at once.
final class SnapshotCursor {
    private static let portion = 10_000
    private let connection: PostgresConnection
    private let name: String
    private var rows: PostgresRows?
    private var position = 0
    private var hasEnded = false

    init(_ connection: PostgresConnection, name: String, sql: String, parameters: [PostgresParameter]) throws {
        self.connection = connection
        self.name = quoteIdentifier(name)
        try connection.query("DECLARE \(self.name) NO SCROLL CURSOR FOR \(sql)", parameters)
    }

    /// The next row; nil after the last.
    func next() throws -> PostgresRow? {
        if let rows, position < rows.count {
            defer { position += 1 }
            return rows[position]
        }
        guard !hasEnded else { return nil }
        let fetched = try connection.query("FETCH FORWARD \(Self.portion) FROM \(name)")
        rows = fetched
        position = 1
        if fetched.count < Self.portion {
            hasEnded = true
            try connection.query("CLOSE \(name)")
        }
        return fetched.first
    }
}
