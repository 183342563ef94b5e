import Postgres

/// A column of a report: how the database works it out, and how it is shown.
struct ResultField {
    enum Kind {
        case text
        /// Text that stands at the right edge of a table: a number whose digits must not be touched.
        case exact
        case identifier, count, nanos
        /// Milliseconds of Unix time; NULL for no bound.
        case instant
    }

    var name: String
    var sql: String
    var kind: Kind

    init(_ name: String, _ sql: String, _ kind: Kind) {
        self.name = name
        self.sql = sql
        self.kind = kind
    }

    /// A column of times, which may be infinite.
    static func time(_ name: String) -> ResultField {
        ResultField(
            name, "CASE WHEN isfinite(\(name)) THEN floor(extract(epoch FROM \(name)) * 1000)::int8 END", .instant)
    }

    /// A column of dates, which may be infinite.
    static func date(_ name: String) -> ResultField {
        ResultField(name, "CASE WHEN isfinite(\(name)) THEN to_char(\(name), 'YYYY-MM-DD') END", .text)
    }

    /// An empty table of these columns.
    static func table(_ fields: [ResultField]) -> Table {
        Table(
            fields.map { field in
                switch field.kind {
                case .text, .instant: Table.Column(field.name)
                case .exact, .identifier, .count, .nanos: Table.Column(field.name, numeric: true)
                }
            })
    }

    /// The expressions of a SELECT whose rows `cells` reads.
    static func select(_ fields: [ResultField]) -> String { fields.map(\.sql).joined(separator: ", ") }

    /// The cells of a row that was selected so.
    static func cells(_ fields: [ResultField], of row: PostgresRow) throws -> [Table.Cell] {
        try fields.enumerated().map { index, field in
            if try row.isNull(index) { return .null }
            switch field.kind {
            case .text, .exact: return .text(try row.string(index))
            case .identifier: return .identifier(try row.int64(index))
            case .count: return .number(try row.int64(index))
            case .nanos: return .nanos(try row.int128(index))
            case .instant: return .text(Instant(milliseconds: try row.int64(index)).description)
            }
        }
    }
}
