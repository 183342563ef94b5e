/// One JSON object a line.
///
/// A value that is a string, a number or a truth is a cell; an array of them gives a cell each, in the same column;
/// null gives none. An object becomes one cell of named parts (``PartSeparator``), as does each object of an array;
/// what is nested deeper has its path for a name, with points.
struct JSONLinesParser {
    private var line: [UInt8] = []
    private var position = FeedPosition()
    private var isSkipping = false
    private var number = 0
    private let limits: FeedLimits

    init(limits: FeedLimits) { self.limits = limits }

    mutating func next(
        _ bytes: Span<UInt8>, _ index: inout Int, columns: inout ColumnTable, into row: inout FeedRow
    ) throws(FeedError) -> Bool {
        while index < bytes.count {
            let start = index
            let end = bytes.first(of: 0x0A, from: index)
            let stop = end ?? bytes.count
            // One byte more than is allowed says that it is too much, wherever the chunks end.
            if !isSkipping, line.count + stop - start > limits.rowBytes {
                isSkipping = true
                line.removeAll(keepingCapacity: true)
            }
            index = stop
            guard end != nil else {
                if !isSkipping { line.append(bytes.extracting(start..<stop)) }
                return false
            }
            index += 1
            let found: Bool
            if isSkipping || line.isEmpty {
                found = try read(bytes.extracting(start..<stop), &columns, &row)
            } else {
                line.append(bytes.extracting(start..<stop))
                found = try readGathered(&columns, &row)
            }
            position.line += 1
            if found { return true }
        }
        return false
    }

    mutating func finish(columns: inout ColumnTable, into row: inout FeedRow) throws(FeedError) -> Bool {
        guard isSkipping || !line.isEmpty else { return false }
        return try readGathered(&columns, &row)
    }

    private mutating func readGathered(_ columns: inout ColumnTable, _ row: inout FeedRow) throws(FeedError) -> Bool {
        // Taken out, so that it can be read while this is changed, and put back for its storage.
        var gathered: [UInt8] = []
        swap(&gathered, &line)
        defer {
            gathered.removeAll(keepingCapacity: true)
            swap(&gathered, &line)
        }
        return try read(gathered.span, &columns, &row)
    }

    private mutating func read(
        _ text: Span<UInt8>, _ columns: inout ColumnTable, _ row: inout FeedRow
    ) throws(FeedError) -> Bool {
        if !isSkipping, text.trimmed.isEmpty { return false }
        row.begin(line: position.line)
        number += 1
        row.number = number
        if isSkipping {
            isSkipping = false
            row.fail(.tooLong, line: position.line, column: 1)
            return true
        }
        if number == 1, text[text.trimmed.lowerBound] == UInt8(ascii: "[") {
            throw FeedError(.jsonArray, line: position.line, column: 1)
        }
        var reader = JSONReader(line: position.line, depthLimit: limits.depth)
        do throws(JSONReader.Fault) {
            try reader.object(text, &columns, &row)
        } catch {
            row.fail(error.reason, line: position.line, column: error.index + 1)
            return true
        }
        if columns.names.count > limits.columns { throw FeedError(.tooManyColumns, line: position.line, column: 1) }
        return true
    }
}
