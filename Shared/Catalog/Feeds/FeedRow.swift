/// One row of a feed: its values, each with its column and its place in the file. Meant to be used again for every row.
public struct FeedRow: Sendable {
    /// A value.
    @frozen public struct Cell: Sendable, Equatable {
        /// Index into the columns of the reader.
        public var column: Int32
        /// Of the value in ``FeedRow/text``.
        public var start: Int32
        public var end: Int32
        /// Where the value begins: line and byte in the line, both from 1.
        public var position: Int32
        public var line: Int
    }

    /// The values behind each other, UTF-8, unescaped.
    public internal(set) var text: [UInt8] = []
    /// Empty where the row has a fault.
    public internal(set) var cells: [Cell] = []
    /// The line that the row begins in.
    public internal(set) var line = 0
    /// Rows so far, with this one; a header is none.
    public internal(set) var number = 0
    /// Why the row cannot be used.
    public internal(set) var fault: RowFault?

    public init() {}

    /// The value of a cell as text.
    public func string(_ cell: Cell) -> String {
        String(decoding: text[Int(cell.start)..<Int(cell.end)], as: UTF8.self)
    }

    mutating func begin(line: Int) {
        text.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
        fault = nil
        self.line = line
    }

    mutating func fail(_ reason: RowFault.Reason, line: Int, column: Int) {
        fault = RowFault(reason: reason, line: line, column: column)
        text.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
    }
}
