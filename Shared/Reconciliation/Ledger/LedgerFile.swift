import Glibc

/// A ledger in a CSV file; README.md describes the format. The rows of the days that are compared are read into memory and
/// sorted, about 50 bytes each.
public final class LedgerFile: LedgerReader {
    public static let mostRows = 5_000_000

    private struct Row {
        var entry: LedgerEntry
        var line: Int
    }

    /// Rows of days that are not compared.
    public private(set) var rowsLeftOut: Int64 = 0
    private var rows: [Row] = []
    private var position = 0

    /// Reads the whole file.
    ///
    /// - Parameters:
    ///   - days: of other days the rows are checked, but not kept.
    ///   - limit: how many rows may be kept.
    /// - Throws: `LedgerError` with the line of the first fault.
    public init(path: String, days: Range<Int32>, limit: Int = mostRows) throws {
        let source = Self.name(path)
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Self.failure(source, "The file cannot be opened") }
        defer { Glibc.close(file) }
        var parser = LedgerCSVParser(source: source)
        var header: Header?
        var emptyLine: Int?
        func take(_ record: LedgerCSVParser.Record) throws {
            // Many programs leave empty lines at the end; anywhere else something is missing.
            if record.cells == [""] {
                emptyLine = emptyLine ?? record.line
                return
            }
            if let line = emptyLine {
                throw LedgerError(source: source, line: line, "The line is empty, and more lines follow.")
            }
            guard let known = header else {
                header = try Header(record, source: source)
                return
            }
            let entry = try known.fields(record, source: source).entry(source: source, line: record.line)
            guard days.contains(entry.key.day) else {
                rowsLeftOut += 1
                return
            }
            guard rows.count < limit else {
                throw LedgerError(
                    source: source, line: record.line,
                    "The file has more than \(limit) rows of the days that are compared.",
                    hint: "Compare fewer days at once, or put the ledger into a table.")
            }
            rows.append(Row(entry: entry, line: record.line))
        }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(file, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure(source, "The file cannot be read") }
            guard count > 0 else { break }
            try parser.parse(buffer[..<count], take)
        }
        try parser.finish(take)
        guard header != nil else {
            throw LedgerError(
                source: source, "The file is empty.", hint: "Its first line names the columns: \(Header.expectation).")
        }
        rows.sort { $0.entry.key == $1.entry.key ? $0.line < $1.line : $0.entry.key < $1.entry.key }
        try refuseRepeats(source)
    }

    public func next() -> LedgerEntry? {
        guard position < rows.count else { return nil }
        defer { position += 1 }
        return rows[position].entry
    }

    private func refuseRepeats(_ source: String) throws(LedgerError) {
        for (row, following) in zip(rows, rows.dropFirst()) where row.entry.key == following.entry.key {
            let key = row.entry.key
            throw LedgerError(
                source: source, line: following.line,
                "Line \(row.line) has the same advertiser \(key.advertiserID), campaign \(key.campaignID), day \(key.date) "
                    + "and currency \(key.currency).",
                hint: "A ledger has one row for each; add their amounts up.")
        }
    }

    private static func failure(_ source: String, _ what: String) -> LedgerError {
        LedgerError(source: source, "\(what): \(String(cString: strerror(errno))).")
    }

    private static func name(_ path: String) -> String {
        SafeText.terminal(path.split(separator: "/").last.map(String.init) ?? path)
    }

    /// Where the columns stand.
    private struct Header {
        static let expectation = LedgerFields.columns.joined(separator: ",")
        private var places: [Int] = []
        private var count: Int

        init(_ record: LedgerCSVParser.Record, source: String) throws(LedgerError) {
            count = record.cells.count
            for column in LedgerFields.columns {
                let found = record.cells.indices.filter { record.cells[$0] == column }
                guard let place = found.first else {
                    let isOtherSeparator = count == 1 && record.cells[0].contains { ";\t|".contains($0) }
                    throw LedgerError(
                        source: source, line: record.line, "There is no column \(column).",
                        hint: isOtherSeparator
                            ? "Cells are separated by commas."
                            : "The first line names the columns: \(Self.expectation).")
                }
                guard found.count == 1 else {
                    throw LedgerError(source: source, line: record.line, "There are \(found.count) columns \(column).")
                }
                places.append(place)
            }
        }

        func fields(_ record: LedgerCSVParser.Record, source: String) throws(LedgerError) -> LedgerFields {
            guard record.cells.count == count else {
                throw LedgerError(
                    source: source, line: record.line,
                    "The line has \(record.cells.count) cells where the first line has \(count).",
                    hint: "A cell with a comma in it needs quotes.")
            }
            return LedgerFields(
                advertiserID: record.cells[places[0]], campaignID: record.cells[places[1]],
                day: record.cells[places[2]],
                currency: record.cells[places[3]], amount: record.cells[places[4]])
        }
    }
}
