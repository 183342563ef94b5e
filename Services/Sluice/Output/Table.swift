/// Rows of cells under a header, and the three ways in which commands print them.
struct Table {
    /// How a table is printed.
    enum Format: String, CaseIterable, Sendable {
        case table, csv, json
    }

    /// A value, in the forms that the formats need.
    enum Cell: Equatable {
        case text(String)
        /// A whole number.
        case number(Int64)
        /// A number that names something, written without commas.
        case identifier(Int64)
        /// An amount in billionths of a currency.
        case nanos(Int128)
        /// A length of time: words in a table, milliseconds elsewhere.
        case span(milliseconds: Int64)
        /// Nothing is known.
        case null
    }

    struct Column {
        /// What CSV and JSON call it.
        var name: String
        /// What stands above it in a table.
        var title: String
        /// In a table: whether the cells stand at the right edge.
        var isNumeric: Bool

        /// - Parameter title: nil takes the name, with blanks for its underscores.
        init(_ name: String, title: String? = nil, numeric: Bool = false) {
            self.name = name
            self.title = title ?? name.map { $0 == "_" ? " " : String($0) }.joined()
            isNumeric = numeric
        }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: [Column]) { self.columns = columns }

    func rendered(as format: Format) -> String {
        switch format {
        case .table: plainText
        case .csv: csv
        case .json: json
        }
    }

    /// Columns as wide as their widest cell, two spaces between them.
    private var plainText: String {
        let decimals = columns.indices.map { column in
            rows.reduce(2) { most, row in
                if case .nanos(let nanos) = row[column] { max(most, Amount.decimals(ofNanos: nanos)) } else { most }
            }
        }
        let cells = rows.map { row in row.indices.map { Self.plain(row[$0], decimals: decimals[$0]) } }
        let widths = columns.indices.map { column in
            cells.reduce(columns[column].title.count) { max($0, $1[column].count) }
        }
        func line(_ texts: [String]) -> String {
            let padded = texts.indices.map { column in
                let fill = String(repeating: " ", count: widths[column] - texts[column].count)
                return columns[column].isNumeric ? fill + texts[column] : texts[column] + fill
            }
            var line = padded.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }
        return line(columns.map(\.title)) + line(widths.map { String(repeating: "-", count: $0) })
            + cells.map(line).joined()
    }

    /// RFC 4180, and safe to open in a spreadsheet: see `CSV.field`.
    private var csv: String {
        let header = columns.map { CSV.field($0.name) }.joined(separator: ",") + "\r\n"
        return header
            + rows.map { row in
                row.map { cell in
                    switch cell {
                    case .text(let text): CSV.field(text)
                    case .number(let number), .identifier(let number): String(number)
                    case .nanos(let nanos): Amount.text(nanos: nanos)
                    case .span(let milliseconds): String(milliseconds)
                    case .null: ""
                    }
                }.joined(separator: ",") + "\r\n"
            }.joined()
    }

    /// An array of objects, one a line. Amounts are strings: a reader that takes numbers for doubles would round them.
    private var json: String {
        let objects = rows.map { row in
            "{"
                + zip(columns, row).map { column, cell in
                    let value: String =
                        switch cell {
                        case .text(let text): JSONText.string(text)
                        case .number(let number), .identifier(let number): String(number)
                        case .nanos(let nanos): JSONText.string(Amount.text(nanos: nanos))
                        case .span(let milliseconds): String(milliseconds)
                        case .null: "null"
                        }
                    return JSONText.string(column.name) + ":" + value
                }.joined(separator: ",") + "}"
        }
        return objects.isEmpty ? "[]\n" : "[\n" + objects.joined(separator: ",\n") + "\n]\n"
    }

    private static func plain(_ cell: Cell, decimals: Int) -> String {
        switch cell {
        case .text(let text): TerminalText.safe(text)
        case .number(let number): Amount.count(number)
        case .identifier(let number): String(number)
        case .nanos(let nanos): Amount.text(nanos: nanos, grouped: true, decimals: decimals)
        case .span(let milliseconds): TimeSpan(milliseconds: milliseconds).description
        case .null: "-"
        }
    }
}
