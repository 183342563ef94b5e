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
        #expect(output.rowCount == keys.count)
        let rows = output.withSortedRows { Array($0) }
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
