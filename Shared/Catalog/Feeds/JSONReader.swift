/// Reads one JSON object into the cells of a row (RFC 8259).
struct JSONReader {
    struct Fault: Error {
        let reason: RowFault.Reason
        let index: Int
    }

    let line: Int
    let depthLimit: Int
    private var index = 0
    private var name: [UInt8] = []
    // The path of a part within an object.
    private var path: [UInt8] = []
    private var value: [UInt8] = []

    init(line: Int, depthLimit: Int) {
        self.line = line
        self.depthLimit = depthLimit
    }

    mutating func object(
        _ text: Span<UInt8>, _ columns: inout ColumnTable, _ row: inout FeedRow
    ) throws(Fault) {
        JSONReader.skipSpace(text, &index)
        guard index < text.count, text[index] == UInt8(ascii: "{") else {
            throw Fault(reason: .notAnObject, index: index)
        }
        index += 1
        JSONReader.skipSpace(text, &index)
        if JSONReader.peek(text, index) == UInt8(ascii: "}") {
            index += 1
        } else {
            while true {
                name.removeAll(keepingCapacity: true)
                try JSONReader.string(text, &index, into: &name)
                try expect(UInt8(ascii: ":"), text)
                let column = columns.intern(name.span)
                try cell(text, column, &row)
                guard try more(text, UInt8(ascii: "}")) else { break }
            }
        }
        JSONReader.skipSpace(text, &index)
        guard index == text.count else { throw Fault(reason: .badJSON, index: index) }
    }

    /// A value at the top: one cell, several, or none.
    private mutating func cell(_ text: Span<UInt8>, _ column: Int32, _ row: inout FeedRow) throws(Fault) {
        JSONReader.skipSpace(text, &index)
        guard JSONReader.peek(text, index) == UInt8(ascii: "[") else { return try single(text, column, &row) }
        index += 1
        JSONReader.skipSpace(text, &index)
        if JSONReader.peek(text, index) == UInt8(ascii: "]") {
            index += 1
            return
        }
        while true {
            JSONReader.skipSpace(text, &index)
            if JSONReader.peek(text, index) == UInt8(ascii: "[") {
                // An array in an array has no meaning here: its values are parts without a name.
                try append(text, column, &row) { (reader, bytes) throws(Fault) in try reader.part(text, 2, &bytes) }
            } else {
                try single(text, column, &row)
            }
            guard try more(text, UInt8(ascii: "]")) else { return }
        }
    }

    private mutating func single(_ text: Span<UInt8>, _ column: Int32, _ row: inout FeedRow) throws(Fault) {
        JSONReader.skipSpace(text, &index)
        switch JSONReader.peek(text, index) {
        case UInt8(ascii: "{"):
            path.removeAll(keepingCapacity: true)
            try append(text, column, &row) { (reader, bytes) throws(Fault) in try reader.part(text, 2, &bytes) }
        case UInt8(ascii: "\""):
            try append(text, column, &row) { (reader, bytes) throws(Fault) in
                try JSONReader.string(text, &reader.index, into: &bytes)
            }
        default:
            try append(text, column, &row) { (reader, bytes) throws(Fault) in
                try JSONReader.literal(text, &reader.index, into: &bytes)
            }
        }
    }

    @inline(__always)
    private mutating func append(
        _ text: Span<UInt8>, _ column: Int32, _ row: inout FeedRow,
        _ read: (inout JSONReader, inout [UInt8]) throws(Fault) -> Void
    ) throws(Fault) {
        let start = row.text.count
        let place = index
        try read(&self, &row.text)
        guard row.text.count > start else { return }
        row.cells.append(
            FeedRow.Cell(
                column: column, start: Int32(start), end: Int32(row.text.count), position: Int32(place + 1),
                line: line))
    }

    /// A value within an object, with ``path`` for its name.
    private mutating func part(_ text: Span<UInt8>, _ depth: Int, _ bytes: inout [UInt8]) throws(Fault) {
        JSONReader.skipSpace(text, &index)
        let opening = JSONReader.peek(text, index)
        guard opening == UInt8(ascii: "{") || opening == UInt8(ascii: "[") else {
            value.removeAll(keepingCapacity: true)
            if opening == UInt8(ascii: "\"") {
                try JSONReader.string(text, &index, into: &value)
            } else {
                try JSONReader.literal(text, &index, into: &value)
            }
            guard !value.isEmpty else { return }
            if !bytes.isEmpty, bytes.last != PartSeparator.part { bytes.append(PartSeparator.part) }
            bytes.append(path.span)
            bytes.append(PartSeparator.name)
            bytes.append(value.span)
            bytes.append(PartSeparator.part)
            return
        }
        guard depth <= depthLimit else { throw Fault(reason: .tooDeep, index: index) }
        index += 1
        JSONReader.skipSpace(text, &index)
        let closing: UInt8 = opening == UInt8(ascii: "{") ? UInt8(ascii: "}") : UInt8(ascii: "]")
        if JSONReader.peek(text, index) == closing {
            index += 1
            return
        }
        while true {
            let length = path.count
            if closing == UInt8(ascii: "}") {
                if length > 0 { path.append(UInt8(ascii: ".")) }
                try JSONReader.string(text, &index, into: &path)
                try expect(UInt8(ascii: ":"), text)
            }
            try part(text, depth + 1, &bytes)
            path.removeLast(path.count - length)
            guard try more(text, closing) else { return }
        }
    }

    /// Behind a value: whether a comma and another one follow, or the end.
    private mutating func more(_ text: Span<UInt8>, _ closing: UInt8) throws(Fault) -> Bool {
        JSONReader.skipSpace(text, &index)
        let byte = JSONReader.peek(text, index)
        guard byte == UInt8(ascii: ",") || byte == closing else { throw Fault(reason: .badJSON, index: index) }
        index += 1
        return byte != closing
    }

    private mutating func expect(_ byte: UInt8, _ text: Span<UInt8>) throws(Fault) {
        JSONReader.skipSpace(text, &index)
        guard JSONReader.peek(text, index) == byte else { throw Fault(reason: .badJSON, index: index) }
        index += 1
    }

    @inline(__always)
    private static func skipSpace(_ text: Span<UInt8>, _ index: inout Int) {
        while index < text.count, text[index].isSpace { index += 1 }
    }

    @inline(__always)
    private static func peek(_ text: Span<UInt8>, _ index: Int) -> UInt8 { index < text.count ? text[index] : 0 }

    private static func string(
        _ text: Span<UInt8>, _ index: inout Int, into bytes: inout [UInt8]
    ) throws(Fault) {
        skipSpace(text, &index)
        guard peek(text, index) == UInt8(ascii: "\"") else { throw Fault(reason: .badJSON, index: index) }
        index += 1
        while true {
            let start = index
            while index < text.count, text[index] != UInt8(ascii: "\""), text[index] != UInt8(ascii: "\\") {
                index += 1
            }
            bytes.append(text.extracting(start..<index))
            guard index < text.count else { throw Fault(reason: .badJSON, index: index) }
            index += 1
            if text[index - 1] == UInt8(ascii: "\"") { return }
            try escape(text, &index, into: &bytes)
        }
    }

    private static func escape(
        _ text: Span<UInt8>, _ index: inout Int, into bytes: inout [UInt8]
    ) throws(Fault) {
        let byte = peek(text, index)
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "b"), UInt8(ascii: "f"): bytes.append(0x20)
        case UInt8(ascii: "u"):
            var scalar = try hexadecimal(text, &index)
            if (0xD800..<0xDC00).contains(scalar) {
                guard peek(text, index) == UInt8(ascii: "\\") else { throw Fault(reason: .badJSON, index: index) }
                index += 1
                guard peek(text, index) == UInt8(ascii: "u") else { throw Fault(reason: .badJSON, index: index) }
                index += 1
                let low = try hexadecimal(text, &index)
                guard (0xDC00..<0xE000).contains(low) else { throw Fault(reason: .badJSON, index: index) }
                scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let character = Unicode.Scalar(scalar) else { throw Fault(reason: .badJSON, index: index) }
            // Control characters are no part of any value, and two of them separate parts.
            if scalar >= 0x20 { bytes.append(contentsOf: UTF8.encode(character)!) }
        default: throw Fault(reason: .badJSON, index: index - 1)
        }
    }

    private static func hexadecimal(_ text: Span<UInt8>, _ index: inout Int) throws(Fault) -> UInt32 {
        guard index + 4 <= text.count else { throw Fault(reason: .badJSON, index: index) }
        var value: UInt32 = 0
        for place in index..<index + 4 {
            let byte = text[place].lowercased
            guard byte.isHexadecimal else { throw Fault(reason: .badJSON, index: place) }
            value = value << 4 | UInt32(byte.isDigit ? byte - 0x30 : byte - 0x61 + 10)
        }
        index += 4
        return value
    }

    /// A number, `true`, `false`; `null` appends nothing.
    private static func literal(
        _ text: Span<UInt8>, _ index: inout Int, into bytes: inout [UInt8]
    ) throws(Fault) {
        let start = index
        while index < text.count {
            let byte = text[index]
            guard byte.isLetter || byte.isDigit || byte == 0x2B || byte == 0x2D || byte == 0x2E else { break }
            index += 1
        }
        let word = text.extracting(start..<index)
        if word.equalsExactly("null") { return }
        if word.equalsExactly("true") || word.equalsExactly("false") { return bytes.append(word) }
        guard JSONReader.isNumber(word) else { throw Fault(reason: .badJSON, index: start) }
        bytes.append(word)
    }

    private static func isNumber(_ text: Span<UInt8>) -> Bool {
        var index = 0
        func digits() -> Bool {
            let start = index
            while index < text.count, text[index].isDigit { index += 1 }
            return index > start
        }
        if index < text.count, text[index] == UInt8(ascii: "-") { index += 1 }
        let first = index
        guard digits() else { return false }
        if text[first] == UInt8(ascii: "0"), index > first + 1 { return false }
        if index < text.count, text[index] == UInt8(ascii: ".") {
            index += 1
            guard digits() else { return false }
        }
        if index < text.count, text[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if index < text.count, text[index] == 0x2B || text[index] == 0x2D { index += 1 }
            guard digits() else { return false }
        }
        return index == text.count
    }
}
