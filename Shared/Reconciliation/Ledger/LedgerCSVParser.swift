/// Records of comma-separated values (RFC 4180), byte by byte, so that a file of any size is read in portions. It refuses what
/// other readers guess at: quotes in the middle of a cell, a carriage return by itself, a cell that is not closed.
struct LedgerCSVParser {
    /// A record and the line that it begins at; quoted cells may go on for several lines.
    struct Record {
        var line: Int
        var cells: [String]
    }

    static let longestCell = 65_536
    static let mostCells = 1_000

    /// What some programs put at the beginning of a file; none of its text.
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private enum State {
        /// Nothing of the cell was read.
        case start
        case plain
        case quoted
        /// After a quote within quotes: it closes them, or another one follows.
        case quote
        /// After a carriage return: a line feed must follow.
        case lineEnd
    }

    private let source: String
    private var state = State.start
    private var line = 1
    private var firstLine = 1
    private var cell: [UInt8] = []
    private var cells: [String] = []
    private var isAtStart = true

    init(source: String) { self.source = source }

    /// Takes the file's next bytes; gives each record that ends in them to the closure.
    mutating func parse(
        _ bytes: some Sequence<UInt8>, _ body: (Record) throws -> Void
    ) throws {
        for byte in bytes {
            switch (state, byte) {
            case (.lineEnd, UInt8(ascii: "\n")): try body(try endOfRecord())
            case (.lineEnd, _):
                throw error("there is a carriage return without a line feed.", hint: "Lines end with LF or CR LF.")
            case (.quoted, UInt8(ascii: "\"")): state = .quote
            case (.quoted, _):
                if byte == UInt8(ascii: "\n") { line += 1 }
                try append(byte)
            case (.quote, UInt8(ascii: "\"")):
                try append(byte)
                state = .quoted
            case (.start, UInt8(ascii: "\"")): state = .quoted
            case (_, UInt8(ascii: ",")): try endOfCell()
            case (_, UInt8(ascii: "\r")): state = .lineEnd
            case (_, UInt8(ascii: "\n")): try body(try endOfRecord())
            case (.quote, _):
                throw error(
                    "something stands behind the closing quote of a cell.", hint: "A quote within quotes is doubled.")
            case (.plain, UInt8(ascii: "\"")):
                throw error(
                    "a quote stands in the middle of a cell.", hint: "Quote the whole cell, and double the quote in it."
                )
            case (.start, _), (.plain, _):
                try append(byte)
                state = .plain
                if isAtStart, cell == Self.byteOrderMark {
                    cell.removeAll(keepingCapacity: true)
                    state = .start
                    isAtStart = false
                }
            }
        }
    }

    /// To be called at the end of the file: the last line may end without a line feed.
    mutating func finish(_ body: (Record) throws -> Void) throws {
        switch state {
        case .quoted:
            line = firstLine
            throw error("a quote is not closed before the file ends.")
        case .lineEnd:
            throw error("there is a carriage return without a line feed.", hint: "Lines end with LF or CR LF.")
        case .start where cells.isEmpty: return
        default: try body(try endOfRecord())
        }
    }

    private mutating func append(_ byte: UInt8) throws(LedgerError) {
        guard cell.count < Self.longestCell else { throw error("a cell has more than \(Self.longestCell) bytes.") }
        cell.append(byte)
    }

    private mutating func endOfCell() throws(LedgerError) {
        guard let text = String(validating: cell, as: UTF8.self) else {
            throw error("the text is not UTF-8.", hint: "Save the file as UTF-8.")
        }
        guard cells.count < Self.mostCells else { throw error("there are more than \(Self.mostCells) cells.") }
        cells.append(text)
        isAtStart = false
        cell.removeAll(keepingCapacity: true)
        state = .start
    }

    private mutating func endOfRecord() throws(LedgerError) -> Record {
        try endOfCell()
        let record = Record(line: firstLine, cells: cells)
        cells.removeAll(keepingCapacity: true)
        line += 1
        firstLine = line
        return record
    }

    private func error(_ message: String, hint: String? = nil) -> LedgerError {
        LedgerError(source: source, line: line, message.prefix(1).uppercased() + message.dropFirst(), hint: hint)
    }
}
