/// Reads a feed row by row from chunks of any size. Where chunks end makes no difference to what is read.
///
/// ```swift
/// var reader = FeedReader(format: .automatic)
/// var row = FeedRow()
/// for chunk in file {
///     var index = 0
///     while try reader.next(chunk.span, &index, into: &row) { … }
/// }
/// while try reader.finish(into: &row) { … }
/// ```
///
/// It holds a row at most (``FeedLimits``). A row with a fault is handed over like any other and the feed goes on; a
/// ``FeedError`` ends it.
public struct FeedReader: Sendable {
    /// How the feed is written; ``FeedFormat/automatic`` until its first bytes are there.
    public private(set) var format: FeedFormat
    private let encoding: FeedEncoding
    private let limits: FeedLimits

    private var columnTable = ColumnTable()
    private var delimited: DelimitedParser
    private var xml: XMLFeedParser
    private var json: JSONLinesParser

    // The first bytes, until they say how to go on.
    private var head: [UInt8] = []
    private var hasHead = false
    private var transcoder: Transcoder?
    // Made UTF-8 and not parsed yet.
    private var pending: [UInt8] = []
    private var pendingIndex = 0
    private var isFinished = false
    // Whether a scalar beyond ASCII was seen: then the feed is UTF-8, and a row that is not is the exception.
    private var hasMultibyte = false

    public init(
        format: FeedFormat = .automatic, encoding: FeedEncoding = .automatic, limits: FeedLimits = FeedLimits()
    ) {
        self.format = format
        self.encoding = encoding
        self.limits = limits
        delimited = DelimitedParser(delimiter: format == .tsv ? 0x09 : nil, limits: limits)
        xml = XMLFeedParser(limits: limits)
        json = JSONLinesParser(limits: limits)
    }

    /// The names of columns, elements or keys so far, by the index that cells have. It only grows.
    public var columns: [String] { columnTable.names }

    /// Columns of a header whose name stands before in it.
    public var repeatedColumns: [String] { delimited.repeated.map { columnTable.names[$0] } }

    /// Whether the header was read; XML and JSON have none.
    public var hasHeader: Bool { hasHead && (format == .xml || format == .jsonLines || delimited.hasHeader) }

    /// Goes on in a chunk, from an index, up to the end of the next row.
    ///
    /// - Returns: Whether there is a row. False means that the chunk is used up.
    public mutating func next(
        _ chunk: Span<UInt8>, _ index: inout Int, into row: inout FeedRow
    ) throws(FeedError) -> Bool {
        if !hasHead, try !readHead(chunk, &index) { return false }
        while true {
            if pendingIndex < pending.count {
                if try parsePending(&row) { return true }
                pending.removeAll(keepingCapacity: true)
                pendingIndex = 0
            }
            if let transcoder, transcoder.isInvalid { throw FeedError(.invalidUTF16) }
            guard index < chunk.count else { return false }
            if transcoder == nil { return try parse(chunk, &index, &row) }
            let end = min(chunk.count, index + 65_536)
            transcoder!.append(chunk.extracting(index..<end), to: &pending)
            index = end
        }
    }

    /// The end of the file, which may end a row that has begun. Called until it returns false.
    public mutating func finish(into row: inout FeedRow) throws(FeedError) -> Bool {
        guard !isFinished else { return false }
        if !hasHead { try startWithHead(isEnd: true) }
        if pendingIndex < pending.count, try parsePending(&row) { return true }
        isFinished = true
        try transcoder?.finish()
        let found: Bool
        switch format {
        case .xml:
            xml.position.base = consumed
            try xml.finish()
            found = false
        case .jsonLines: found = try json.finish(columns: &columnTable, into: &row)
        default:
            delimited.position.base = consumed
            found = try delimited.finish(columns: &columnTable, into: &row)
        }
        if found { try check(&row) }
        return found
    }

    /// Gathers the first bytes until they say what the feed is.
    private mutating func readHead(_ chunk: Span<UInt8>, _ index: inout Int) throws(FeedError) -> Bool {
        while index < chunk.count {
            head.append(chunk[index])
            index += 1
            // Few lengths are tried: a try costs as much as what it looks at.
            guard head.count == 4 || head.count % 64 == 0 || head.last == UInt8(ascii: ">") else { continue }
            if try startWithHead(isEnd: false) { return true }
        }
        return false
    }

    @discardableResult
    private mutating func startWithHead(isEnd: Bool) throws(FeedError) -> Bool {
        guard let found = try FeedHead(head, format: format, encoding: encoding, isEnd: isEnd) else { return false }
        format = found.format
        transcoder = found.transcoder
        hasHead = true
        let bytes = Array(head.dropFirst(found.skipped))
        head = []
        if transcoder == nil {
            pending = bytes
        } else {
            transcoder!.append(bytes.span, to: &pending)
        }
        return true
    }

    private mutating func parsePending(_ row: inout FeedRow) throws(FeedError) -> Bool {
        // Taken out while it is parsed, and put back for its storage.
        var bytes: [UInt8] = []
        swap(&bytes, &pending)
        var index = pendingIndex
        defer {
            swap(&bytes, &pending)
            pendingIndex = index
        }
        return try parse(bytes.span, &index, &row)
    }

    // The bytes of UTF-8 that were parsed.
    private var consumed = 0

    private mutating func parse(
        _ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow
    ) throws(FeedError) -> Bool {
        let start = index
        let found: Bool
        switch format {
        case .xml:
            xml.position.base = consumed - start
            found = try xml.next(bytes, &index, columns: &columnTable, into: &row)
        case .jsonLines:
            found = try json.next(bytes, &index, columns: &columnTable, into: &row)
        default:
            delimited.position.base = consumed - start
            found = try delimited.next(bytes, &index, columns: &columnTable, into: &row)
        }
        consumed += index - start
        if found { try check(&row) }
        return found
    }

    /// A row must be UTF-8. Where the first one that is not ASCII is not, the whole feed has another encoding.
    @inline(__always)
    private mutating func check(_ row: inout FeedRow) throws(FeedError) {
        if row.text.span.isASCII { return }
        try checkMultibyte(&row)
    }

    private mutating func checkMultibyte(_ row: inout FeedRow) throws(FeedError) {
        for cell in row.cells {
            if FeedReader.isUTF8(row.text.span.extracting(Int(cell.start)..<Int(cell.end))) { continue }
            guard hasMultibyte else { throw FeedError(.notUTF8, line: cell.line, column: Int(cell.position)) }
            row.fail(.notUTF8, line: cell.line, column: Int(cell.position))
            return
        }
        hasMultibyte = true
    }

    private static func isUTF8(_ text: Span<UInt8>) -> Bool { (try? UTF8Span(validating: text)) != nil }
}
