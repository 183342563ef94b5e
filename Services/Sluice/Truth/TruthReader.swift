/// A truth that is read back from its file: the small parts at once, the rows one by one in their order.
final class TruthReader {
    /// A row of the truth.
    struct MinuteRow: Equatable {
        var key: TruthKeeper.RowKey
        var row: TruthKeeper.Row
    }

    let topic: String
    private(set) var rules = TruthRules()
    /// What was counted, by partition.
    private(set) var partitions: [Int32: TruthKeeper.PartitionTotals] = [:]
    private(set) var deadLetters: [TruthKeeper.DeadLetter] = []
    private(set) var adjustments = AdjustmentTruth()

    private let lines: LineReader
    /// The line after the small parts, which has been read already.
    private var pending: [Substring]?
    private var lastKey: TruthKeeper.RowKey?
    private var ended = false

    /// All records of the truth.
    private(set) var records: Int64 = 0

    /// - Throws: `CommandFailure` (.usage) where the file is missing, of another version, or not a truth.
    init(path: String) throws {
        lines = try LineReader(path: path)
        guard let first = try lines.next(), first.first.map(String.init) == TruthFile.magic, first.count == 2 else {
            throw CommandFailure(.usage, "\(path) is not a truth file (its first line must be \(TruthFile.magic))")
        }
        guard first[1] == TruthFile.version else {
            throw lines.damaged("version \(first[1]) of a truth file; this command reads version \(TruthFile.version)")
        }
        guard let second = try lines.next(), second.count == 2, second[0] == "topic" else {
            throw lines.damaged("the topic is missing")
        }
        topic = String(second[1])
        try readSmallParts()
    }

    /// The next row; nil after the last.
    ///
    /// - Throws: `CommandFailure` (.usage) where the file is damaged, out of order or ends too early.
    func nextRow() throws -> MinuteRow? {
        guard !ended else { return nil }
        let fields = try pending ?? lines.next()
        pending = nil
        guard let fields else { throw lines.damaged("the file ends early: its last line is missing") }
        switch fields[0] {
        case "minute":
            let row = try minute(fields)
            if let lastKey, lastKey >= row.key { throw lines.damaged("a row is out of order or comes twice") }
            lastKey = row.key
            return row
        case "end":
            guard fields.count == 2, Int(fields[1]) == lines.lineNumber - 1 else {
                throw lines.damaged("the number of lines is not the one that the last line states")
            }
            ended = true
            return nil
        default:
            throw lines.damaged("unexpected line \"\(fields[0].prefix(40))\"")
        }
    }

    private func readSmallParts() throws {
        while let fields = try lines.next() {
            switch fields[0] {
            case "rule":
                guard fields.count == 3 else { throw lines.damaged("a rule has a name and a value") }
                switch fields[1] {
                case "out_of_orderness_ms": rules.outOfOrdernessMilliseconds = try number(fields[2])
                case "horizon_ms": rules.horizonMilliseconds = try number(fields[2])
                default: throw lines.damaged("unknown rule \(fields[1].prefix(40))")
                }
            case "partition": try readPartition(fields)
            case "dead_letter":
                guard fields.count == 4, let reason = DeadLetterReason(rawValue: String(fields[3])) else {
                    throw lines.damaged("a dead letter has a partition, an offset and a known reason")
                }
                deadLetters.append(
                    TruthKeeper.DeadLetter(
                        partition: try number(fields[1]), offset: try number(fields[2]), reason: reason))
            case "adjustments", "adjustment_partition", "adjustment": try readAdjustments(fields)
            default:
                pending = fields
                return
            }
        }
    }

    private func readPartition(_ fields: [Substring]) throws {
        guard fields.count == 9 else { throw lines.damaged("a partition has eight numbers") }
        var totals = TruthKeeper.PartitionTotals()
        totals.records = try number(fields[3])
        totals.duplicates = try number(fields[4])
        totals.lateEvents = try number(fields[5])
        totals.invalidEvents = try number(fields[6])
        totals.deadLetters = try number(fields[7])
        totals.streamTimeMilliseconds = fields[8] == "-" ? nil : try number(fields[8])
        let nextOffset: Int64 = try number(fields[2])
        guard nextOffset == totals.nextOffset else {
            throw lines.damaged("a log that starts at offset 0 ends at its number of records")
        }
        let counts = [totals.records, totals.duplicates, totals.lateEvents, totals.invalidEvents, totals.deadLetters]
        let (sum, overflow) = records.addingReportingOverflow(totals.records)
        guard counts.allSatisfy({ $0 >= 0 }), !overflow else { throw lines.damaged("numbers that no log can have") }
        records = sum
        guard partitions.updateValue(totals, forKey: try number(fields[1])) == nil else {
            throw lines.damaged("a partition comes twice")
        }
    }

    private func readAdjustments(_ fields: [Substring]) throws {
        switch (fields[0], fields.count) {
        case ("adjustments", 2) where adjustments.topic == nil: adjustments.topic = String(fields[1])
        case ("adjustment_partition", 3) where adjustments.topic != nil:
            adjustments.records[try number(fields[1])] = try number(fields[2])
        case ("adjustment", 7) where adjustments.topic != nil:
            let key = AdjustmentTruth.Key(
                campaign: try number(fields[1]), dayMilliseconds: try number(fields[2]), currency: String(fields[3]))
            adjustments.sums[key] = AdjustmentTruth.Sums(
                count: try number(fields[4]), nanos: try number(fields[5]), repeats: try number(fields[6]))
        default: throw lines.damaged("adjustments begin with their topic, and a sum has six values")
        }
    }

    private func minute(_ fields: [Substring]) throws -> MinuteRow {
        guard fields.count == 12 else { throw lines.damaged("a row has eleven values") }
        return MinuteRow(
            key: TruthKeeper.RowKey(
                advertiser: try number(fields[1]), campaign: try number(fields[2]),
                minuteMilliseconds: try number(fields[3]), currency: String(fields[4])),
            row: TruthKeeper.Row(
                impressions: try number(fields[5]), clicks: try number(fields[6]), conversions: try number(fields[7]),
                videoViews: try number(fields[8]), invalidEvents: try number(fields[9]),
                spendNanos: try number(fields[10]), lateEvents: try number(fields[11])))
    }

    private func number<Number: FixedWidthInteger>(_ text: Substring) throws -> Number {
        guard let value = Number(text) else { throw lines.damaged("\"\(text.prefix(40))\" is not a number that fits") }
        return value
    }
}
