import Schemas

/// Published signals against decided ones: each once, in the order of its lane, every field equal.
struct SignalComparison {
    /// How many records were compared.
    let published: Int
    /// By lane and sequence.
    let decided: [BudgetSignal]
    /// How many of the decided ones are behind the last published one of their lane.
    private(set) var waiting = 0
    /// What differs, in words.
    private(set) var differences: [String] = []

    private struct Place: Hashable {
        var lane: Int32
        var sequence: Int64
    }

    /// - Parameters:
    ///   - published: each partition's in the order of the log.
    ///   - decided: by lane and sequence.
    ///   - partitions: how many the topic has.
    init(published: [PublishedSignal], decided: [BudgetSignal], partitions: Int32) {
        self.published = published.count
        self.decided = decided
        var first: [Place: PublishedSignal] = [:]
        var last: [Int32: Int64] = [:]
        let known = Dictionary(
            decided.map { (Place(lane: $0.lane, sequence: $0.sequence), $0) }, uniquingKeysWith: { one, _ in one })
        for record in published {
            let place = Place(lane: record.signal.lane, sequence: record.signal.sequence)
            if let before = first[place] {
                note(record, "is published again, after \(before.place)")
                continue
            }
            first[place] = record
            if let before = last[place.lane], before > place.sequence {
                note(record, "is published after sequence \(before) of its lane")
            }
            last[place.lane] = max(last[place.lane] ?? 0, place.sequence)
            guard let expected = known[place] else {
                note(record, "was never decided: spend.signal has no such row")
                continue
            }
            compare(record, expected, partitions)
        }
        for signal in decided where first[Place(lane: signal.lane, sequence: signal.sequence)] == nil {
            if signal.sequence > last[signal.lane] ?? 0 { waiting += 1 }
            differences.append(
                "\(Self.name(signal)) of campaign \(signal.campaignID) was decided at "
                    + "\(Instant(milliseconds: signal.decidedAtMilliseconds)) and is not published")
        }
    }

    private mutating func compare(_ record: PublishedSignal, _ expected: BudgetSignal, _ partitions: Int32) {
        let signal = record.signal
        func check<Value: Equatable>(_ field: String, _ expected: Value, _ found: Value) {
            if expected != found { note(record, "\(field): expected \(expected), found \(found)") }
        }
        check("campaign_id", expected.campaignID, signal.campaignID)
        check("advertiser_id", expected.advertiserID, signal.advertiserID)
        check("currency", expected.currency, signal.currency)
        check("kind", expected.kind, signal.kind)
        check("budget", expected.budget, signal.budget)
        check("threshold_percent", expected.thresholdPercent, signal.thresholdPercent)
        check("day", expected.day, signal.day)
        check("budget_nanos", expected.budgetNanos, signal.budgetNanos)
        check("spent_nanos", expected.spentNanos, signal.spentNanos)
        check("budget_version", expected.budgetVersion, signal.budgetVersion)
        check("sources", SignalTable.text(expected.sources), SignalTable.text(signal.sources))
        check("decided_at_ms", expected.decidedAtMilliseconds, signal.decidedAtMilliseconds)
        check("key", String(expected.campaignID), record.key ?? "none")
        check("partition", expected.lane % max(partitions, 1), record.partition)
    }

    private mutating func note(_ record: PublishedSignal, _ text: String) {
        differences.append(TerminalText.safe("\(record.place), \(Self.name(record.signal)): \(text)"))
    }

    private static func name(_ signal: BudgetSignal) -> String { "lane \(signal.lane) sequence \(signal.sequence)" }
}
