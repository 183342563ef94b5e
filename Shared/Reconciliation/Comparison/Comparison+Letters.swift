import Postgres

/// Dead letters: what the contract refuses against what was stored.
extension Comparison {
    private static let lettersTitle = "Dead letters: the table against what the contract refuses in the log"

    private struct Letter: Comparable {
        var partition: Int32
        var offset: Int64
        var reasons: [String]
        static func < (a: Self, b: Self) -> Bool { (a.partition, a.offset) < (b.partition, b.offset) }
    }

    func compareLetters() throws {
        let topic = snapshot.cut.topic
        let stream = try recount.letterStream()
        var counts = LetterCounts()
        try compareLetters(topic, recount.partitions, counts: &counts) {
            try stream.next().map { Letter(partition: $0.partition, offset: $0.offset, reasons: [$0.fault.code]) }
        }
        if let ledger, let adjustments = snapshot.cut.adjustmentsTopic {
            var letters = ledger.letters.makeIterator()
            try compareLetters(adjustments, ledger.partitions, counts: &counts) {
                letters.next().map { Letter(partition: $0.partition, offset: $0.offset, reasons: [$0.code]) }
            }
        }
        let uncovered = recount.partitions.contains { !isWhole($0) }
        add(
            "dead_letters", Self.lettersTitle, compared: counts.compared, differing: counts.differing,
            note: uncovered ? "Of the offsets that were recounted." : nil)
    }

    private struct LetterCounts {
        var compared: Int64 = 0
        var differing: Int64 = 0
    }

    private func compareLetters(
        _ topic: String, _ partitions: [RecountedPartition], counts: inout LetterCounts,
        _ nextExpected: () throws -> Letter?
    ) throws {
        let starts = Dictionary(uniqueKeysWithValues: partitions.map { ($0.partition, $0.start) })
        let rows = try snapshot.cursor(
            """
            SELECT partition, record_offset, array_to_string(array_agg(reason ORDER BY at), ', '), count(*)
            FROM \(snapshot.sluice("dead_letter")) WHERE job = $1 AND topic = $2
            GROUP BY partition, record_offset ORDER BY partition, record_offset
            """, [.text(snapshot.cut.job), .text(topic)])
        func nextStored() throws -> Letter? {
            while let row = try rows.next() {
                let (partition, offset) = (Int32(truncatingIfNeeded: try row.int64(0)), try row.int64(1))
                // What stands before the recount's beginning was not looked at.
                if let start = starts[partition], offset < start { continue }
                let copies = Int(try row.int64(3))
                let text = try row.string(2)
                return Letter(
                    partition: partition, offset: offset, reasons: copies == 1 ? [text] : [text, "\(copies) copies"])
            }
            return nil
        }
        var expected = try nextExpected()
        var stored = try nextStored()
        while expected != nil || stored != nil {
            counts.compared += 1
            if let log = expected, let row = stored, log.partition == row.partition, log.offset == row.offset {
                if log.reasons != row.reasons { keepLetter(topic, log, row, &counts) }
                expected = try nextExpected()
                stored = try nextStored()
            } else if let log = expected, stored.map({ log < $0 }) ?? true {
                keepLetter(topic, log, nil, &counts)
                expected = try nextExpected()
            } else if let row = stored {
                keepLetter(topic, nil, row, &counts)
                stored = try nextStored()
            }
        }
    }

    private func keepLetter(_ topic: String, _ log: Letter?, _ stored: Letter?, _ counts: inout LetterCounts) {
        counts.differing += 1
        guard let place = log ?? stored else { return }
        let explanation =
            switch (log, stored) {
            case (let log?, nil):
                "The record at this place cannot be charged (\(log.reasons[0])), and it is not kept among the dead letters: "
                    + "nobody would see that it is missing from the bill."
            case (nil, _):
                "A dead letter is stored for this place, and the log has no record there that has to be refused."
            case (let log?, let stored?) where stored.reasons.count > 1:
                "The dead letter of this place is stored \(stored.reasons[1].split(separator: " ")[0]) times; "
                    + "it must be there once, for \(log.reasons[0])."
            default:
                "The dead letter of this place is stored with another reason than the one that the contract names first."
            }
        keep(
            .init(
                number: 0, check: "dead_letters", class: .deadLetter,
                key: [
                    .init("topic", topic), .init("partition", String(place.partition)),
                    .init("record_offset", String(place.offset)),
                ],
                columns: [
                    .init(
                        "reason", expected: log?.reasons.joined(separator: ", "),
                        actual: stored?.reasons.joined(separator: ", "))
                ],
                nanos: "0", currency: nil,
                events: [.init(topic: topic, partition: place.partition, offset: place.offset)], eventCount: 1,
                explanation: explanation))
    }
}
