/// Walks two ascending streams of rows side by side.
enum RowMerge {
    /// - Parameter body: called for each key with what the log and what the results have there; one of them may be nil.
    /// - Throws: where a stream does not ascend, besides what it and `body` throw.
    static func walk(
        expected: any SpendRowStream, actual: any SpendRowStream,
        _ body: (SpendRowKey, SpendCounts?, SpendCounts?) throws -> Void
    ) throws {
        var ahead = try expected.next()
        var found = try actual.next()
        func advance(_ stream: any SpendRowStream, behind row: SpendRow, _ name: String) throws -> SpendRow? {
            let next = try stream.next()
            guard let next else { return nil }
            guard row.key < next.key else {
                throw ComparisonError(
                    "The rows of \(row.key.spendLevel.name) do not ascend by key in \(name): \(next.key) comes behind \(row.key).",
                    hint: "This is a fault of the program; nothing can be said about the results.")
            }
            return next
        }
        while true {
            switch (ahead, found) {
            case (nil, nil): return
            case (let row?, nil):
                try body(row.key, row.counts, nil)
                ahead = try advance(expected, behind: row, "the recount")
            case (nil, let row?):
                try body(row.key, nil, row.counts)
                found = try advance(actual, behind: row, "the results")
            case (let a?, let b?):
                if a.key == b.key {
                    try body(a.key, a.counts, b.counts)
                    ahead = try advance(expected, behind: a, "the recount")
                    found = try advance(actual, behind: b, "the results")
                } else if a.key < b.key {
                    try body(a.key, a.counts, nil)
                    ahead = try advance(expected, behind: a, "the recount")
                } else {
                    try body(b.key, nil, b.counts)
                    found = try advance(actual, behind: b, "the results")
                }
            }
        }
    }
}

/// The rows of a stream that pass a test.
final class SelectedRows: SpendRowStream {
    private let rows: any SpendRowStream
    private let isIncluded: (SpendRowKey) throws -> Bool

    init(_ rows: any SpendRowStream, where isIncluded: @escaping (SpendRowKey) throws -> Bool) {
        self.rows = rows
        self.isIncluded = isIncluded
    }

    func next() throws -> SpendRow? {
        while let row = try rows.next() {
            if try isIncluded(row.key) { return row }
        }
        return nil
    }
}
