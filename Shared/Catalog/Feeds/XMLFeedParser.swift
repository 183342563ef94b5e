/// RSS 2.0, RSS 1.0 and Atom with product attributes, read as a stream (XML 1.0, fifth edition, without document
/// types).
///
/// An item is an element `item` or `entry`; its child elements are the cells. A child that has children itself, such
/// as `g:shipping`, becomes one cell of named parts (``PartSeparator``). Entities are the five of XML and numeric
/// ones: nothing is ever expanded. Elements must be closed in order; what stands outside of items is checked for form
/// and passed over. A control character in a text, which XML forbids, is tolerated.
struct XMLFeedParser {
    private enum State {
        case text, markup, tag, comment, cdata, instruction, entity
    }

    private var state = State.text
    /// Where the bytes that are handed over lie in the file.
    var position = FeedPosition()
    private let limits: FeedLimits

    // What follows < up to >, or & up to ;.
    private var token: [UInt8] = []
    private var tokenLine = 1
    private var tokenColumn = 1
    // The quote that is open in a tag.
    private var quote: UInt8 = 0
    // How much of an end such as --> was seen.
    private var matched = 0

    // Names of the open elements behind each other, and where each begins.
    private var open: [UInt8] = []
    private var starts: [Int] = []
    private var hasRoot = false
    /// Depth of the item's element; 0 outside of items.
    private var itemDepth = 0
    // The place behind the last tag.
    private var behindLine = 1
    private var behindPosition: Int32 = 1
    private var cell = FeedRow.Cell(column: 0, start: 0, end: 0, position: 0, line: 0)
    private var hasParts = false
    private var partStart = 0
    private var number = 0
    // Prefixes, with their colon, that stand for Google's namespace.
    private var prefixes: [[UInt8]] = [Array("g:".utf8)]
    private var name: [UInt8] = []

    init(limits: FeedLimits) { self.limits = limits }

    mutating func next(
        _ bytes: Span<UInt8>, _ index: inout Int, columns: inout ColumnTable, into row: inout FeedRow
    ) throws(FeedError) -> Bool {
        while index < bytes.count {
            switch state {
            case .text: try text(bytes, &index, &row)
            case .markup: try markup(bytes, &index)
            case .tag:
                if try tag(bytes, &index, &columns, &row) { return true }
            case .comment: skip(bytes, &index, to: "-->")
            case .instruction: skip(bytes, &index, to: "?>")
            case .cdata: cdata(bytes, &index, &row)
            case .entity: try entity(bytes, &index, &row)
            }
        }
        return false
    }

    mutating func finish() throws(FeedError) {
        guard hasRoot, starts.isEmpty, state == .text else {
            throw FeedError(hasRoot ? .unexpectedEnd : .empty, line: position.line, column: position.column(0))
        }
    }

    private func fail(_ reason: FeedError.Reason) -> FeedError {
        FeedError(reason, line: tokenLine, column: tokenColumn)
    }

    /// Whether text is part of a cell.
    private var isInCell: Bool { itemDepth > 0 && starts.count > itemDepth + (hasParts ? 1 : 0) }

    // MARK: - Text

    private mutating func text(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) throws(FeedError) {
        let start = index
        let isOutside = starts.isEmpty
        var byte: UInt8 = 0
        while index < bytes.count {
            byte = bytes[index]
            if byte == UInt8(ascii: "<") || byte == UInt8(ascii: "&") { break }
            if isOutside, !byte.isSpace {
                throw FeedError(.textOutsideRoot, line: position.line, column: position.column(index))
            }
            if byte == 0x0A || byte == 0x0D { position.lineEnded(byte, at: index) }
            index += 1
        }
        if isInCell { append(bytes.extracting(start..<index), &row) }
        guard index < bytes.count else { return }
        tokenLine = position.line
        tokenColumn = position.column(index)
        token.removeAll(keepingCapacity: true)
        state = byte == UInt8(ascii: "<") ? .markup : .entity
        index += 1
    }

    @inline(__always)
    private func append(_ run: Span<UInt8>, _ row: inout FeedRow) {
        guard row.fault == nil else { return }
        guard row.text.count + run.count <= limits.rowBytes else {
            row.fail(.tooLong, line: row.line, column: 1)
            return
        }
        row.text.append(run)
    }

    /// Up to 10 bytes and a semicolon.
    private mutating func entity(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) throws(FeedError) {
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == UInt8(ascii: ";") {
                var scalar: [UInt8] = []
                guard XMLFeedParser.resolve(token.span, into: &scalar) else { throw fail(.badEntity) }
                if isInCell {
                    append(scalar.span, &row)
                } else if starts.isEmpty {
                    throw fail(.textOutsideRoot)
                }
                state = .text
                return
            }
            guard byte.isLetter || byte.isDigit || byte == UInt8(ascii: "#"), token.count < 10 else {
                throw fail(.badEntity)
            }
            token.append(byte)
        }
    }

    static func resolve(_ token: Span<UInt8>, into bytes: inout [UInt8]) -> Bool {
        if token.equalsExactly("amp") {
            bytes.append(UInt8(ascii: "&"))
        } else if token.equalsExactly("lt") {
            bytes.append(UInt8(ascii: "<"))
        } else if token.equalsExactly("gt") {
            bytes.append(UInt8(ascii: ">"))
        } else if token.equalsExactly("quot") {
            bytes.append(UInt8(ascii: "\""))
        } else if token.equalsExactly("apos") {
            bytes.append(UInt8(ascii: "'"))
        } else {
            guard token.count > 1, token[0] == UInt8(ascii: "#") else { return false }
            let isHexadecimal = token[1] == UInt8(ascii: "x")
            var value: UInt32 = 0
            guard token.count > (isHexadecimal ? 2 : 1) else { return false }
            for place in (isHexadecimal ? 2 : 1)..<token.count {
                let byte = token[place].lowercased
                guard isHexadecimal ? byte.isHexadecimal : byte.isDigit, value <= 0x10FFFF else { return false }
                value = value * (isHexadecimal ? 16 : 10) + UInt32(byte.isDigit ? byte - 0x30 : byte - 0x61 + 10)
            }
            guard let scalar = Unicode.Scalar(value), value > 0 else { return false }
            // Two control characters separate parts.
            if value >= 0x20 || value == 0x09 || value == 0x0A || value == 0x0D {
                bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
        return true
    }

    private mutating func cdata(_ bytes: Span<UInt8>, _ index: inout Int, _ row: inout FeedRow) {
        let end: StaticString = "]]>"
        while index < bytes.count {
            let byte = bytes[index]
            if matched == 2, byte == UInt8(ascii: ">") {
                matched = 0
                index += 1
                state = .text
                return
            }
            if byte == UInt8(ascii: "]"), matched < 2 {
                matched += 1
                index += 1
                continue
            }
            // What looked like an end was text; of ]]] the first one is.
            if matched > 0 {
                let pending = byte == UInt8(ascii: "]") ? 1 : matched
                if isInCell {
                    append(UnsafeBufferPointer(start: end.utf8Start, count: pending).span, &row)
                }
                matched -= pending
                continue
            }
            let start = index
            while index < bytes.count, bytes[index] != UInt8(ascii: "]") {
                if bytes[index] == 0x0A || bytes[index] == 0x0D { position.lineEnded(bytes[index], at: index) }
                index += 1
            }
            if isInCell { append(bytes.extracting(start..<index), &row) }
        }
    }

    private mutating func skip(_ bytes: Span<UInt8>, _ index: inout Int, to end: StaticString) {
        let last = end.utf8CodeUnitCount - 1
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            if byte == 0x0A || byte == 0x0D { position.lineEnded(byte, at: index - 1) }
            if byte == end.utf8Start[matched] {
                if matched == last {
                    matched = 0
                    state = .text
                    return
                }
                matched += 1
            } else if !(byte == UInt8(ascii: "-") && matched == 2) && !(byte == UInt8(ascii: "?") && matched == 1) {
                // ---> and ??> end as well.
                matched = byte == end.utf8Start[0] ? 1 : 0
            }
        }
    }

    // MARK: - Markup

    /// Behind <, until it is clear what it is.
    private mutating func markup(_ bytes: Span<UInt8>, _ index: inout Int) throws(FeedError) {
        let byte = bytes[index]
        if token.isEmpty {
            switch byte {
            case UInt8(ascii: "!"):
                token.append(byte)
                index += 1
            case UInt8(ascii: "?"):
                index += 1
                matched = 0
                state = .instruction
            default:
                quote = 0
                state = .tag
            }
            return
        }
        token.append(byte)
        index += 1
        let comment: StaticString = "!--"
        let cdata: StaticString = "![CDATA["
        if token.span.equalsExactly(comment) {
            matched = 0
            state = .comment
        } else if token.span.equalsExactly(cdata) {
            guard !starts.isEmpty else { throw fail(.textOutsideRoot) }
            matched = 0
            state = .cdata
        } else if !isPrefix(token.span, of: comment), !isPrefix(token.span, of: cdata) {
            throw fail(.documentType)
        }
    }

    private func isPrefix(_ text: Span<UInt8>, of whole: StaticString) -> Bool {
        guard text.count <= whole.utf8CodeUnitCount else { return false }
        for index in 0..<text.count where text[index] != whole.utf8Start[index] { return false }
        return true
    }

    private mutating func tag(
        _ bytes: Span<UInt8>, _ index: inout Int, _ columns: inout ColumnTable, _ row: inout FeedRow
    ) throws(FeedError) -> Bool {
        let start = index
        var isComplete = false
        while index < bytes.count {
            let byte = bytes[index]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: ">") {
                isComplete = true
                break
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            }
            if byte == UInt8(ascii: "<") { throw fail(.badTag) }
            if byte == 0x0A || byte == 0x0D { position.lineEnded(byte, at: index) }
            index += 1
        }
        if token.count + index - start > limits.headerBytes { throw fail(.badTag) }
        guard isComplete else {
            token.append(bytes.extracting(start..<index))
            return false
        }
        let end = index
        index += 1
        state = .text
        behindLine = position.line
        behindPosition = Int32(truncatingIfNeeded: position.column(index))
        if token.isEmpty { return try complete(bytes.extracting(start..<end), &columns, &row) }
        token.append(bytes.extracting(start..<end))
        var whole: [UInt8] = []
        swap(&whole, &token)
        defer { swap(&whole, &token) }
        return try complete(whole.span, &columns, &row)
    }

    /// A whole tag without its brackets.
    private mutating func complete(
        _ tag: Span<UInt8>, _ columns: inout ColumnTable, _ row: inout FeedRow
    ) throws(FeedError) -> Bool {
        guard !tag.isEmpty else { throw fail(.badTag) }
        if tag[0] == UInt8(ascii: "/") {
            let rest = tag.extracting(1..<tag.count)
            let name = rest.trimmed
            guard name.lowerBound == 0 else { throw fail(.badTag) }
            return try close(rest.extracting(name), &row)
        }
        let isEmpty = tag[tag.count - 1] == UInt8(ascii: "/")
        let content = isEmpty ? tag.extracting(0..<tag.count - 1) : tag
        var end = 0
        while end < content.count, !content[end].isSpace { end += 1 }
        let name = content.extracting(0..<end)
        guard XMLFeedParser.isName(name) else { throw fail(.badTag) }
        try open(name, &columns, &row)
        if end < content.count { try attributes(content, from: end, isLink: name.equalsExactly("link"), &row) }
        return isEmpty ? try close(name, &row) : false
    }

    static func isName(_ text: Span<UInt8>) -> Bool {
        guard !text.isEmpty, text[0].isLetter || text[0] == UInt8(ascii: "_") || text[0] >= 0x80 else { return false }
        for index in 0..<text.count {
            let byte = text[index]
            guard
                byte.isLetter || byte.isDigit || byte >= 0x80 || byte == 0x2D || byte == 0x2E || byte == 0x5F
                    || byte == UInt8(ascii: ":")
            else { return false }
        }
        return true
    }

    private mutating func open(
        _ name: Span<UInt8>, _ columns: inout ColumnTable, _ row: inout FeedRow
    ) throws(FeedError) {
        if starts.isEmpty {
            guard !hasRoot else { throw fail(.badTag) }
            hasRoot = true
            guard
                name.equalsIgnoringCase("rss") || name.equalsIgnoringCase("feed") || name.equalsIgnoringCase("rdf:rdf")
            else { throw fail(.notRSSOrAtom) }
        }
        guard starts.count < limits.depth else { throw fail(.tooDeep) }
        starts.append(open.count)
        open.append(name)
        if itemDepth == 0 {
            guard starts.count > 1, name.equalsExactly("item") || name.equalsExactly("entry") else { return }
            itemDepth = starts.count
            row.begin(line: tokenLine)
        } else if starts.count == itemDepth + 1 {
            if prefixes.count == 1 {
                // Only `g:` itself: the name is unified already.
                cell.column = columns.intern(name)
            } else {
                unify(name)
                cell.column = columns.intern(self.name.span)
            }
            if columns.names.count > limits.columns { throw fail(.tooManyColumns) }
            cell.start = Int32(row.text.count)
            cell.line = behindLine
            cell.position = behindPosition
            hasParts = false
        } else if starts.count == itemDepth + 2, row.fault == nil {
            // What stood before the first part is white space between tags, as is what stands between parts.
            if !hasParts { row.text.removeLast(row.text.count - Int(cell.start)) }
            hasParts = true
            partStart = row.text.count
            unify(name)
            let local = self.name.span
            append(local.extracting((local.first(of: UInt8(ascii: ":")).map { $0 + 1 } ?? 0)..<local.count), &row)
            if row.fault == nil { row.text.append(PartSeparator.name) }
        }
    }

    /// The name with `g:` for every prefix of Google's namespace.
    private mutating func unify(_ tag: Span<UInt8>) {
        name.removeAll(keepingCapacity: true)
        for prefix in prefixes where tag.count > prefix.count {
            var isEqual = true
            for index in 0..<prefix.count where tag[index] != prefix[index] { isEqual = false }
            guard isEqual else { continue }
            name.append("g:")
            name.append(tag.extracting(prefix.count..<tag.count))
            return
        }
        name.append(tag)
    }

    private mutating func close(_ name: Span<UInt8>, _ row: inout FeedRow) throws(FeedError) -> Bool {
        guard let start = starts.last, open.span.extracting(start..<open.count).equals(name) else {
            throw fail(.mismatchedTag)
        }
        let depth = starts.count
        starts.removeLast()
        open.removeLast(open.count - start)
        guard itemDepth > 0 else { return false }
        if depth == itemDepth {
            itemDepth = 0
            number += 1
            row.number = number
            if let fault = row.fault { row.fail(fault.reason, line: fault.line, column: fault.column) }
            return true
        }
        guard row.fault == nil else { return false }
        if depth == itemDepth + 1 {
            endCell(&row)
        } else if depth == itemDepth + 2 {
            row.text.append(PartSeparator.part)
        }
        return false
    }

    private mutating func endCell(_ row: inout FeedRow) {
        hasParts = false
        cell.end = Int32(row.text.count)
        guard cell.end > cell.start else { return }
        row.cells.append(cell)
    }

    /// Checks the form of a tag's attributes; takes namespaces, and the address of Atom's links.
    private mutating func attributes(
        _ tag: Span<UInt8>, from start: Int, isLink: Bool, _ row: inout FeedRow
    ) throws(FeedError) {
        var index = start
        while true {
            while index < tag.count, tag[index].isSpace { index += 1 }
            guard index < tag.count else { return }
            let nameStart = index
            while index < tag.count, tag[index] != UInt8(ascii: "="), !tag[index].isSpace { index += 1 }
            let name = tag.extracting(nameStart..<index)
            while index < tag.count, tag[index].isSpace { index += 1 }
            guard XMLFeedParser.isName(name), index < tag.count, tag[index] == UInt8(ascii: "=") else {
                throw fail(.badTag)
            }
            index += 1
            while index < tag.count, tag[index].isSpace { index += 1 }
            guard index < tag.count, tag[index] == UInt8(ascii: "\"") || tag[index] == UInt8(ascii: "'"),
                let end = tag.first(of: tag[index], from: index + 1)
            else { throw fail(.badTag) }
            let value = tag.extracting(index + 1..<end)
            if name.hasPrefixIgnoringCase("xmlns:"), value.isGoogleNamespace {
                let prefix = name.extracting(6..<name.count).array + [UInt8(ascii: ":")]
                if !prefixes.contains(prefix), prefixes.count < 8 { prefixes.append(prefix) }
            } else if isLink, itemDepth > 0, starts.count == itemDepth + 1, name.equalsExactly("href") {
                try unescape(value, &row)
            }
            index = end + 1
        }
    }

    private func unescape(_ text: Span<UInt8>, _ row: inout FeedRow) throws(FeedError) {
        var start = 0
        while start < text.count {
            let ampersand = text.first(of: UInt8(ascii: "&"), from: start) ?? text.count
            append(text.extracting(start..<ampersand), &row)
            guard ampersand < text.count else { return }
            var scalar: [UInt8] = []
            guard let end = text.first(of: UInt8(ascii: ";"), from: ampersand),
                XMLFeedParser.resolve(text.extracting(ampersand + 1..<end), into: &scalar)
            else { throw fail(.badEntity) }
            append(scalar.span, &row)
            start = end + 1
        }
    }
}

extension Span where Element == UInt8 {
    fileprivate var isGoogleNamespace: Bool {
        equalsIgnoringCase("http://base.google.com/ns/1.0") || equalsIgnoringCase("https://base.google.com/ns/1.0")
            || equalsIgnoringCase("http://base.google.com/cns/1.0")
    }
}
