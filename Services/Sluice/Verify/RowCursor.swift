import Postgres

/// Reads the rows of a query in portions, within a transaction: the memory does not grow with the result.
final class RowCursor {
    private let connection: PostgresConnection
    private let name: String
    private let portion: Int
    private var rows: PostgresRows?
    private var position = 0

    /// - Parameters:
    ///   - name: unique within the transaction.
    ///   - sql: a query.
    init(
        _ connection: PostgresConnection, name: String, sql: String, parameters: [PostgresParameter] = [],
        portion: Int = 10_000
    ) throws {
        self.connection = connection
        self.name = quoteIdentifier(name)
        self.portion = portion
        try connection.query("DECLARE \(self.name) NO SCROLL CURSOR FOR \(sql)", parameters)
    }

    /// The next row; nil after the last.
    func next() throws -> PostgresRow? {
        if rows == nil || position == rows?.count {
            let fetched = try connection.query("FETCH FORWARD \(portion) FROM \(name)")
            rows = fetched
            position = 0
            guard fetched.count > 0 else { return nil }
        }
        defer { position += 1 }
        return rows?[position]
    }
}
