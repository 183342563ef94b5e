import Schemas
import Testing

@testable import Sluice

/// What `signals --verify` finds.
@Suite struct SignalComparisonTests {
    private static let decided: [BudgetSignal] = (1...6).map { (number: Int64) -> BudgetSignal in
        var signal = BudgetSignal()
        signal.campaignID = 10 + number % 2
        signal.advertiserID = 3
        signal.currency = CurrencyCode("USD")!
        signal.kind = .crossed
        signal.budget = .daily
        signal.thresholdPercent = 50
        signal.day = "2026-11-25"
        signal.budgetNanos = 100
        signal.spentNanos = 50
        signal.budgetVersion = 2
        signal.sources = [SourceOffset(topic: "ad-events", partition: 5, nextOffset: 77)]
        signal.lane = number <= 3 ? 5 : 6
        signal.sequence = (number - 1) % 3 + 1
        signal.decidedAtMilliseconds = 1_764_000_000_000 + number
        return signal
    }

    private static let published: [PublishedSignal] = decided.enumerated().map { index, signal in
        PublishedSignal(
            partition: signal.lane % 4, offset: Int64(index * 2), key: String(signal.campaignID), signal: signal)
    }

    private func compare(_ published: [PublishedSignal], _ decided: [BudgetSignal] = decided) -> SignalComparison {
        SignalComparison(published: published, decided: decided, partitions: 4)
    }

    @Test func equalOnesHaveNoDifference() {
        let comparison = compare(Self.published)
        #expect(comparison.differences.isEmpty && comparison.waiting == 0 && comparison.published == 6)
    }

    @Test func aRepeatIsFound() {
        let comparison = compare(Self.published + [Self.published[1]])
        #expect(comparison.differences == ["1:2, lane 5 sequence 2: is published again, after 1:2"])
    }

    @Test func whatIsMissingIsFound() {
        var fewer = Self.published
        fewer.remove(at: 1)
        let hole = compare(fewer)
        #expect(hole.differences.count == 1 && hole.waiting == 0)
        #expect(hole.differences[0].contains("lane 5 sequence 2 of campaign 10 was decided at"))
        // At the end of its lane it may still come.
        let late = compare(Array(Self.published.dropLast()))
        #expect(late.differences.count == 1 && late.waiting == 1)
    }

    @Test func whatWasNeverDecidedIsFound() {
        let comparison = compare(Self.published, Array(Self.decided.dropLast()))
        #expect(comparison.differences == ["2:10, lane 6 sequence 3: was never decided: spend.signal has no such row"])
    }

    @Test func anotherOrderIsFound() {
        var swapped = Self.published
        swapped.swapAt(0, 1)
        #expect(compare(swapped).differences == ["1:0, lane 5 sequence 1: is published after sequence 2 of its lane"])
    }

    @Test func oneFieldThatDiffersIsFound() {
        let changes: [(String, (inout PublishedSignal) -> Void)] = [
            ("campaign_id", { $0.signal.campaignID += 1 }), ("advertiser_id", { $0.signal.advertiserID += 1 }),
            ("currency", { $0.signal.currency = CurrencyCode("EUR")! }), ("kind", { $0.signal.kind = .fellBelow }),
            ("budget", { $0.signal.budget = .lifetime }), ("threshold_percent", { $0.signal.thresholdPercent = 80 }),
            ("day", { $0.signal.day = "2026-11-26" }), ("budget_nanos", { $0.signal.budgetNanos += 1 }),
            ("spent_nanos", { $0.signal.spentNanos += 1 }), ("budget_version", { $0.signal.budgetVersion += 1 }),
            ("sources", { $0.signal.sources[0].nextOffset += 1 }), ("sources", { $0.signal.sources = [] }),
            ("decided_at_ms", { $0.signal.decidedAtMilliseconds += 1 }), ("key", { $0.key = nil }),
            ("partition", { $0.partition += 1 }),
        ]
        for (field, change) in changes {
            var published = Self.published
            change(&published[4])
            let differences = compare(published).differences
            #expect(differences.count == 1 && differences[0].contains(" \(field): expected "), "\(differences)")
        }
    }
}
