import Schemas
import SpendAggregatorJob
import Testing

@Suite struct ChargeTests {
    @Test(arguments: 1...4, 1...4)
    func onlyThePricedEventIsCharged(_ pricing: Int32, _ type: Int32) {
        let event = AdEvent(type: type, pricing: pricing, priceMicros: 2_500_000)
        let expected: Int64 = pricing != type ? 0 : pricing == 1 ? 2_500_000 : 2_500_000_000
        #expect(Charge.nanos(of: event) == expected)
    }

    @Test func aChargeThatDoesNotFitIsNoCharge() {
        #expect(Charge.nanos(of: AdEvent(type: 2, pricing: 2, priceMicros: .max)) == nil)
        #expect(Charge.nanos(of: AdEvent(type: 1, pricing: 1, priceMicros: .max)) == .max)
    }
}
