import Testing

@testable import Sluice

/// Small logs judged by hand, beside the contract's vectors: what several partitions and long logs add.
@Suite struct TruthKeeperTests {
    private static let start: Int64 = 1_768_464_000_000

    /// A sound click of 1 micro, `seconds` after the start, that arrives at once.
    private static func click(_ id: UInt64, at seconds: Int64, partition: Int32 = 0) -> GeneratedRecord {
        var record = GeneratedRecord()
        record.partition = partition
        record.timestampMilliseconds = start + seconds * 1000
        record.event = AdEventModel(
            idHigh: id, eventTimeMilliseconds: start + seconds * 1000, advertiser: 1, campaign: 2, type: 2,
            pricing: 2, priceMicros: 1, currency: "USD")
        return record
    }

    @Test func partitionsAreIndependent() {
        var truth = TruthKeeper()
        #expect(truth.observe(Self.click(1, at: 0)) == .counted(late: false))
        #expect(truth.observe(Self.click(1, at: 0, partition: 1)) == .counted(late: false))
        #expect(truth.observe(Self.click(2, at: 300)) == .counted(late: false))
        // Only partition 0's time has moved.
        #expect(truth.observe(Self.click(3, at: 0, partition: 1)) == .counted(late: false))
        #expect(truth.observe(Self.click(4, at: 0)) == .counted(late: true))
        #expect(truth.observe(Self.click(1, at: 0)) == .duplicate)
        #expect(truth.rows.values.map(\.clicks).reduce(0, +) == 5)
        #expect(truth.rows.values.map(\.spendNanos).reduce(0, +) == 5000)
        #expect(truth.partitions[0]?.nextOffset == 4)
        #expect(truth.partitions[1]?.nextOffset == 2)
        #expect(truth.records == 6)
    }

    @Test func forgettingDoesNotChangeTheAnswer() {
        // More ids than the first sweep waits for; every hundredth comes again just inside or outside of the horizon.
        var truth = TruthKeeper()
        let count: Int64 = 300_000
        for index in 0..<count {
            // 100 a second.
            truth.observe(Self.click(UInt64(index), at: index / 100))
            if index >= 60_000, index % 100 == 99 {
                // Seen 600 s ago, exactly the horizon.
                #expect(truth.observe(Self.click(UInt64(index - 60_000), at: index / 100)) == .duplicate)
            }
            if index >= 60_200, index % 100 == 50 {
                // Seen more than 601 s ago.
                #expect(
                    truth.observe(Self.click(UInt64(index - 60_200), at: index / 100)) == .counted(late: false))
            }
        }
    }

    @Test func chargesAreExact() {
        var event = AdEventModel()
        event.priceMicros = 1_000_000_000_000
        event.pricing = 3
        event.type = 3
        #expect(TruthKeeper.chargeNanos(of: event) == 1_000_000_000_000_000)
        event.type = 1
        #expect(TruthKeeper.chargeNanos(of: event) == 0)
        event.pricing = 1
        #expect(TruthKeeper.chargeNanos(of: event) == 1_000_000_000_000)
    }

    @Test func reasonsAreTheContractsCodes() {
        #expect(
            DeadLetterReason.allCases.map(\.rawValue) == [
                "empty_payload", "undecodable", "event_id", "event_type", "pricing_model", "price", "currency",
                "event_time", "overflow",
            ])
    }
}
