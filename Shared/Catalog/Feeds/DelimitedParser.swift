/// Text with delimiters: RFC 4180, and what is really sent.
///
/// Lines end with CR, LF or both. Empty lines are skipped. A field that begins with a quote, perhaps behind spaces,
/// goes on to the quote that a delimiter or a line's end follows; a doubled quote stands for one, any other quote for
/// itself. A quote in a field that does not begin with one is itself. With tabs, backslash escapes are read in fields
/// without quotes.
struct DelimitedParser {
    private enum State {
        /// Before the header: its bytes are gathered until its line ends.
        case header
        case rowStart, fieldStart, plain, escape, quoted
        /// Behind a quote within a quoted field, and so many spaces.
        case quote
        /// Behind a row that is too long, up to the end of a line.
        case skipping
    }

    private var state = State.header
    /// Where the bytes that are handed over lie in the file.
    var position = FeedPosition()
    private var delimiter: UInt8
    private var escapes: Bool
    private let limits: FeedLimits
    private var header: [UInt8] = []
    private var headerQuoted = false
    private var headerLine = 1
    private var spaces = 0
    private var fieldCount = 0
    private var columnCount = 0
    private var cell = FeedRow.Cell(column: 0, start: 0, end: 0, position: 0, line: 0)
    private var wasQuoted = false
    private var number = 0

    /// Columns whose name stands in the header before, by the index of the second one.
    private(set) var repeated: [Int] = []

    /// - Parameter delimiter: nil to find it in the header.
    init(delimiter: UInt8?, limits: FeedLimits) {
        self.delimiter = delimiter ?? 0
        escapes = delimiter == 0x09
        self.limits = limits
    }

    var hasHeader: Bool { state != .header }

    /// Goes on in the bytes up to the end of a row, which is then complete.
    mutating func next(
        _ bytes: Span<UInt8>, _ index: inout Int, columns: inout ColumnTable, into row: inout FeedRow
    ) throws(FeedError) -> Bool {
        if state == .header {
            guard try gatherHeader(bytes, &index, &columns) else { return false }
        }
        while index < bytes.count {
            switch state {
            case .header: preconditionFailure("the header is read")
            case .rowStart:
                if bytes[index] == 0x0A || bytes[index] == 0x0D {
                    position.lineEnded(bytes[index], at: index)
                    index += 1
                    continue
                }
                row.begin(line: position.line)
                fieldCount = 0
                state = .fieldStart
            case .fieldStart: startField(bytes, &index, &row)
            case .plain:
                if plain(bytes, &index, &row) { return true }
            case .escape: escape(bytes, &index, &row)
            case .quoted: quoted(bytes, &index, &row)
            case .quote:
                if quote(bytes, &index, &row) { return true }
            case .skipping:
                let byte = bytes[index]
                index += 1
                guard byte == 0x0A || byte == 0x0D else { continue }
                position.lineEnded(byte, at: index - 1)
                state = .rowStart
                number += 1
                row.number = number
                return true
            }
        }
        return false
    }

    /// The end of the file ends a row that has begun.
    mutating func finish(columns: inout ColumnTable, into row: inout FeedRow) throws(FeedError) -> Bool {
        switch state {
        case .header:
            guard !header.isEmpty else { throw FeedError(.empty) }
            if headerQuoted { throw FeedError(.headerQuoteOpen, line: headerLine, column: 1) }
            try readHeader(&columns)
            return false
        case .rowStart: return false
        case .fieldStart:
            cell.start = Int32(row.text.count)
            cell.line = position.line
            cell.position = Int32(truncatingIfNeeded: position.column(0))
            wasQuoted = false
            return endRow(&row)
        case .plain, .quote: return endRow(&row)
        case .escape:
            row.text.append(UInt8(ascii: "\\"))
            return endRow(&row)
        case .quoted: row.fail(.quoteOpen, line: cell.line, column: Int(cell.position))
        case .skipping: break
        }
        state = .rowStart
        number += 1
        row.number = number
        return true
    }

    // MARK: - Fields

    private mutating func startField(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) {
        let byte = bytes[index]
        if byte == 0x20 {
            index += 1
            return
        }
        cell.start = Int32(row.text.count)
        cell.line = position.line
        cell.position = Int32(truncatingIfNeeded: position.column(index))
        wasQuoted = byte == UInt8(ascii: "\"")
        if wasQuoted { index += 1 }
        state = wasQuoted ? .quoted : .plain
    }

    private mutating func plain(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) -> Bool {
        let start = index
        let end = min(bytes.count, index + limits.rowBytes + 1 - row.text.count)
        let delimiter = delimiter
        let backslash: UInt8 = escapes ? UInt8(ascii: "\\") : delimiter
        var byte: UInt8 = 0
        while index < end {
            byte = bytes[index]
            if byte == delimiter || byte == 0x0A || byte == 0x0D || byte == backslash { break }
            index += 1
        }
        row.text.append(bytes.extracting(start..<index))
        if index == end { return overflow(&row) }
        index += 1
        if byte == delimiter {
            endField(&row)
            state = .fieldStart
            return false
        }
        if byte == backslash {
            state = .escape
            return false
        }
        position.lineEnded(byte, at: index - 1)
        return endRow(&row)
    }

    private mutating func escape(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) {
        state = .plain
        switch bytes[index] {
        case UInt8(ascii: "t"): row.text.append(0x09)
        case UInt8(ascii: "n"): row.text.append(0x0A)
        case UInt8(ascii: "r"): row.text.append(0x0D)
        case UInt8(ascii: "\\"): row.text.append(UInt8(ascii: "\\"))
        default:
            // A backslash before anything else is one.
            row.text.append(UInt8(ascii: "\\"))
            return
        }
        index += 1
    }

    private mutating func quoted(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) {
        let start = index
        let end = min(bytes.count, index + limits.rowBytes + 1 - row.text.count)
        while index < end, bytes[index] != UInt8(ascii: "\"") {
            let byte = bytes[index]
            if byte == 0x0A || byte == 0x0D { position.lineEnded(byte, at: index) }
            index += 1
        }
        row.text.append(bytes.extracting(start..<index))
        if index == end {
            _ = overflow(&row)
            return
        }
        index += 1
        spaces = 0
        state = .quote
    }

    private mutating func quote(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) -> Bool {
        let byte = bytes[index]
        if byte == delimiter {
            index += 1
            endField(&row)
            state = .fieldStart
            return false
        }
        switch byte {
        case 0x0A, 0x0D:
            index += 1
            position.lineEnded(byte, at: index - 1)
            return endRow(&row)
        case 0x20:
            index += 1
            spaces += 1
        case UInt8(ascii: "\"") where spaces == 0:
            index += 1
            row.text.append(byte)
            state = .quoted
        default:
            // The quote was one of the text's, and so are the spaces.
            row.text.append(UInt8(ascii: "\""))
            row.text.append(contentsOf: repeatElement(0x20, count: min(spaces, limits.rowBytes)))
            state = .quoted
        }
        return false
    }

    @inline(__always)
    private mutating func endField(_ row: inout FeedRow) {
        if fieldCount < columnCount {
            cell.column = Int32(fieldCount)
            cell.end = Int32(row.text.count)
            // An empty field says nothing.
            if cell.end > cell.start { row.cells.append(cell) }
        } else if row.text.count > Int(cell.start), row.fault == nil {
            row.fault = RowFault(reason: .tooManyFields, line: cell.line, column: Int(cell.position))
        }
        fieldCount += 1
    }

    /// Ends a row; false for one of nothing, which is none.
    private mutating func endRow(_ row: inout FeedRow) -> Bool {
        endField(&row)
        state = .rowStart
        if fieldCount == 1, row.text.isEmpty, !wasQuoted { return false }
        if fieldCount < columnCount, columnCount != .max {
            row.fault = RowFault(reason: .tooFewFields, line: row.line, column: 1)
        }
        if let fault = row.fault { row.fail(fault.reason, line: fault.line, column: fault.column) }
        number += 1
        row.number = number
        return true
    }

    private mutating func overflow(_ row: inout FeedRow) -> Bool {
        guard row.text.count > limits.rowBytes else { return false }
        row.fail(.tooLong, line: row.line, column: 1)
        state = .skipping
        return false
    }

    // MARK: - The header

    private mutating func gatherHeader(
        _ bytes: Span<UInt8>, _ index: inout Int, _ columns: inout ColumnTable
    ) throws(FeedError) -> Bool {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            let isEnd = byte == 0x0A || byte == 0x0D
            if isEnd { position.lineEnded(byte, at: index - 1) }
            if isEnd, !headerQuoted {
                if header.isEmpty { continue }
                try readHeader(&columns)
                // Behind `sep=;` the header is still to come.
                if state != .header { return true }
                continue
            }
            if header.isEmpty { headerLine = position.line }
            header.append(byte)
            if byte == UInt8(ascii: "\"") { headerQuoted.toggle() }
            if header.count > limits.headerBytes {
                throw FeedError(headerQuoted ? .headerQuoteOpen : .headerTooLong, line: headerLine, column: 1)
            }
        }
        return false
    }

    private mutating func readHeader(_ columns: inout ColumnTable) throws(FeedError) {
        defer { header.removeAll() }
        // Spreadsheet programs write the delimiter in front.
        if header.count == 5, header.starts(with: "sep=".utf8) {
            delimiter = header[4]
            escapes = delimiter == 0x09
            return
        }
        if (try? UTF8Span(validating: header.span)) == nil {
            throw FeedError(.notUTF8, line: headerLine, column: 1)
        }
        if delimiter == 0 {
            delimiter = DelimitedParser.delimiter(of: header)
            escapes = delimiter == 0x09
        }
        var names = DelimitedParser(delimiter: delimiter, limits: limits)
        names.state = .rowStart
        names.columnCount = .max
        var row = FeedRow()
        var index = 0
        var unused = ColumnTable()
        if try !names.next(header.span, &index, columns: &unused, into: &row) {
            _ = try names.finish(columns: &unused, into: &row)
        }
        guard names.fieldCount > 1 else { throw FeedError(.noDelimiter, line: headerLine, column: 1) }
        guard names.fieldCount <= limits.columns else { throw FeedError(.tooManyColumns, line: headerLine, column: 1) }
        columnCount = names.fieldCount
        enter(row, &columns)
        state = .rowStart
    }

    private mutating func enter(_ row: FeedRow, _ columns: inout ColumnTable) {
        var next = 0
        var seen: Set<String> = []
        for column in 0..<columnCount {
            var name: [UInt8] = []
            if next < row.cells.count, row.cells[next].column == column {
                let cell = row.cells[next]
                TextReader.append(row.text.span.extracting(Int(cell.start)..<Int(cell.end)), to: &name)
                next += 1
            }
            columns.add(name.span)
            let folded = String(decoding: name, as: UTF8.self).lowercased()
            if !name.isEmpty, !seen.insert(folded).inserted { repeated.append(column) }
        }
    }

    /// The candidate that stands in the header most often outside of quotes; tab before comma where they are equal.
    static func delimiter(of header: [UInt8]) -> UInt8 {
        let candidates: [UInt8] = [0x09, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "|")]
        var counts = [0, 0, 0, 0]
        var isQuoted = false
        for byte in header {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            guard !isQuoted, let candidate = candidates.firstIndex(of: byte) else { continue }
            counts[candidate] += 1
        }
        let best = counts.indices.max { counts[$0] < counts[$1] || (counts[$0] == counts[$1] && $0 > $1) }!
        return candidates[best]
    }
}
