/// What one transaction publishes: messages, and the position that each lane has after it.
struct OutboxBatch {
    private(set) var records: [OutboxRecord] = []
    private(set) var positions: [Int32: OutboxPosition] = [:]

    var isEmpty: Bool { positions.isEmpty }

    var oldestWriteMilliseconds: Int64? { records.lazy.compactMap(\.writtenAtMilliseconds).min() }

    /// Takes what a lane has behind its position.
    /// - Parameters:
    ///   - rows: in the order of their sequence.
    ///   - head: read before the rows, so that every sequence up to it that has a message is in the rows, or behind
    ///     them where `mayBeMore`.
    ///   - firstUnaccepted: the first sequence of a hole that nobody has given up; nil where all of it is.
    mutating func take(
        _ rows: [OutboxRecord], output: String, lane: Int32, after position: Int64, head: Int64, mayBeMore: Bool,
        skipTable: String, firstUnaccepted: (ClosedRange<Int64>) throws(OutboxFailure) -> Int64?
    ) throws(OutboxFailure) {
        func pass(_ hole: ClosedRange<Int64>) throws(OutboxFailure) {
            guard let first = try firstUnaccepted(hole) else { return }
            throw .stop(.hole(output: output, lane: lane, sequences: first...hole.upperBound, table: skipTable))
        }
        var last = position
        for row in rows {
            guard row.lane == lane, row.sequence > last else {
                throw .stop(
                    .disorder(
                        output: output, lane: lane, expected: last + 1, foundLane: row.lane,
                        foundSequence: row.sequence))
            }
            if row.sequence > last + 1 { try pass(last + 1...row.sequence - 1) }
            last = row.sequence
        }
        if !mayBeMore, last < head {
            try pass(last + 1...head)
            last = head
        }
        guard last > position else { return }
        records += rows
        let atLast = rows.last.flatMap { $0.sequence == last ? $0.writtenAtMilliseconds : nil }
        positions[lane] = OutboxPosition(sequence: last, writtenAtMilliseconds: atLast)
    }
}
