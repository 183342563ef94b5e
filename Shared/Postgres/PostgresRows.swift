import CPostgres

/// A column by its name or by its place, counted from 0.
public protocol PostgresColumn: Sendable {
    /// - Throws: `.invalidArgument` where the rows have no such column.
    func index(in rows: PostgresRows) throws(PostgresError) -> Int
}

extension String: PostgresColumn {
    public func index(in rows: PostgresRows) throws(PostgresError) -> Int {
        for (index, name) in rows.columnNames.enumerated() where name == self { return index }
        throw PostgresError(
            .invalidArgument,
            "The result has no column \"\(self)\"; it has \(rows.columnNames.joined(separator: ", ")).")
    }
}

extension Int: PostgresColumn {
    public func index(in rows: PostgresRows) throws(PostgresError) -> Int {
        guard self >= 0, self < rows.columnNames.count else {
            throw PostgresError(
                .invalidArgument, "The result has no column \(self); it has \(rows.columnNames.count).")
        }
        return self
    }
}

/// What one statement answered: rows, or only how many rows it touched.
///
/// Owns libpq's result, which nobody changes once it is complete: that is why it may cross threads. Freed with the
/// last reference.
public final class PostgresRows: @unchecked Sendable, RandomAccessCollection {
    let result: OpaquePointer
    /// The names of the columns, in order; empty for a statement without a result.
    public let columnNames: [String]
    /// The number of rows.
    public let count: Int

    /// - Parameter result: adopted; cleared by this object.
    init(adopting result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columnNames = (0..<PQnfields(result)).map { PQfname(result, $0).map { String(cString: $0) } ?? "" }
    }

    deinit { PQclear(result) }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    /// The row at a place, counted from 0.
    public subscript(position: Int) -> PostgresRow {
        precondition(position >= 0 && position < count, "row \(position) of \(count)")
        return PostgresRow(rows: self, index: Int32(position))
    }

    /// The rows that INSERT, UPDATE, DELETE, MERGE, COPY touched, or that SELECT gave; 0 for other statements.
    public var affectedRowCount: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// The command's tag, such as `INSERT 0 5` or `COMMIT`.
    public var commandTag: String { String(cString: PQcmdStatus(result)) }
}
