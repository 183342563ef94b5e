import Schemas
import SpendAggregatorJob
import Streams
import TestKit
import Testing

@Suite struct SpendOutputTests {
    @Test func rowsComeInTheOrderOfThePrimaryKey() {
        var random = SeededGenerator(seed: 3)
        let output = SpendOutput()
        var keys: Set<RowKey> = []
        for _ in 0..<3_000 {
            let key = SpendKey(
                advertiserID: Int64.random(in: -3...3, using: &random),
                campaignID: random.oneIn(2) ? Int64.random(in: -3...3, using: &random) : .min,
                minute: Int32.random(in: 0...5, using: &random),
                currency: [CurrencyCode("USD"), CurrencyCode("EUR")][random.oneIn(2) ? 0 : 1] ?? .none)
            keys.insert(RowKey(key))
            var event = AdEvent(
                advertiserID: key.advertiserID, campaignID: key.campaignID, type: 2, pricing: 2, priceMicros: 1,
                currency: key.currency)
            event.eventTimeMilliseconds = Int64(key.minute) * 60_000 + 1
            _ = SpendLogic().apply(event, watermark: .distantPast, to: output)
        }
        let rows = output.withSortedRows { Array($0) }
        #expect(rows.count == keys.count)
        #expect(
            rows.map { RowKey($0.key) }
                == keys.sorted {
                    ($0.minute, $0.campaign, $0.advertiser, $0.currency)
                        < ($1.minute, $1.campaign, $1.advertiser, $1.currency)
                })
        #expect(rows.reduce(0) { $0 + Int($1.aggregate.clicks) } == 3_000)
        #expect(rows.reduce(0) { $0 + $1.aggregate.spendNanos } == 3_000_000)
        output.removeAll()
        #expect(output.rowCount == 0)
    }

    /// Each finer level adds up to the same as the minutes, whatever comes: charged, free, invalid and late.
    @Test func everyLevelAddsUpToTheMinutes() {
        var random = SeededGenerator(seed: 5)
        let output = SpendOutput()
        for _ in 0..<5_000 {
            let event = AdEvent(
                eventTimeMilliseconds: Int64.random(in: 1...20_000_000, using: &random),
                advertiserID: Int64.random(in: 1...2, using: &random),
                campaignID: Int64.random(in: 1...3, using: &random),
                adGroupID: Int64.random(in: 0...2, using: &random), adID: Int64.random(in: 0...9, using: &random),
                type: Int32.random(in: 1...4, using: &random), pricing: Int32.random(in: 1...4, using: &random),
                priceMicros: Int64.random(in: 0...1_000_000, using: &random), currency: CurrencyCode("USD")!,
                placement: Int32.random(in: -1...3, using: &random),
                country: random.oneIn(3) ? 0 : 0x4445, invalidReason: random.oneIn(10) ? 2 : 0)
            _ = SpendLogic().apply(event, watermark: EventTime(milliseconds: 10_000_000), to: output)
        }
        struct Hour: Hashable { var campaign, advertiser, hour: Int64 }
        func sums<Rows: Sequence>(_ rows: Rows, _ part: (Rows.Element) -> (Hour, SpendDelta)) -> [Hour: [Int128]] {
            rows.reduce(into: [:]) { sums, row in
                let (hour, delta) = part(row)
                let values = [
                    Int128(delta.impressions), Int128(delta.clicks), Int128(delta.conversions),
                    Int128(delta.videoViews),
                    Int128(delta.invalidEvents), Int128(delta.lateEvents), delta.spendNanos,
                ]
                sums[hour] = zip(sums[hour] ?? Array(repeating: 0, count: 7), values).map(+)
            }
        }
        let minutes = sums(output.withSortedRows { Array($0) }) {
            (
                Hour(campaign: $0.key.campaignID, advertiser: $0.key.advertiserID, hour: Int64($0.key.minute) / 60),
                $0.aggregate
            )
        }
        #expect(minutes.values.contains { $0[4] > 0 && $0[5] > 0 && $0[6] > 0 })
        for level in [SpendLevels.ads, .placements, .countries] {
            let rows = output.sortedRows(level)
            #expect(zip(rows, rows.dropFirst()).allSatisfy { $0.key < $1.key })
            #expect(
                sums(rows) {
                    (
                        Hour(campaign: $0.key.campaignID, advertiser: $0.key.advertiserID, hour: Int64($0.key.hour)),
                        $0.aggregate
                    )
                } == minutes)
        }
        #expect(output.sortedRows(.ads).count > 1_000)
        output.removeAll()
        #expect(output.rowCount == 0)
    }

    /// 10^15 nanos a charge: 9,224 of them are more than 64 bits hold.
    @Test func sumsOfTheHighestPriceDoNotOverflow() {
        let output = SpendOutput()
        var event = AdEvent(
            campaignID: 1, type: 2, pricing: 2, priceMicros: Charge.maximumPriceMicros,
            currency: CurrencyCode("USD") ?? .none)
        event.eventTimeMilliseconds = 60_000
        for _ in 0..<20_000 { _ = SpendLogic().apply(event, watermark: .distantPast, to: output) }
        let sum = output.withSortedRows { $0[0].aggregate.spendNanos }
        #expect(sum == Int128(20_000) * 1_000_000_000_000_000)
        #expect(sum > Int128(Int64.max))
    }
}
