import Schemas
import Testing

@Suite struct CampaignBudgetTests {
    private func decode(_ payload: [UInt8]) -> CampaignBudget? {
        payload.withUnsafeBytes { WireComparison.budget.read($0) }
    }

    @Test func aBudgetByHand() {
        let budget = CampaignBudget(
            campaignID: 300, advertiserID: -1, currency: CurrencyCode("EUR")!, dailyBudgetNanos: 1,
            lifetimeBudgetNanos: 2, timeZone: InlineText("Europe/Berlin"), startsMilliseconds: 3, endsMilliseconds: 4,
            version: 5)
        let expected =
            "08ac02" + "10ffffffffffffffffff01" + "1a03455552" + "2001" + "2802" + "320d"
            + hex(Array("Europe/Berlin".utf8)) + "3803" + "4004" + "4805"
        #expect(hex(CampaignBudgetWriter.encode(budget)) == expected)
        #expect(decode(bytes(hex: expected)!) == budget)
        #expect(CampaignBudgetReference.decode(bytes(hex: expected)!) == budget)
        #expect(CampaignBudgetWriter.encode(CampaignBudget()) == [])
    }

    @Test func noBytesAreABudgetOfZeros() {
        #expect(decode([]) == CampaignBudget())
        var budget = CampaignBudget(timeZone: InlineText("UTC"), version: 5)
        #expect(CampaignBudgetReader.read(UnsafeRawBufferPointer(start: nil, count: 0), into: &budget))
        #expect(budget == CampaignBudget())
    }

    @Test func timeZonesAtTheirLimit() {
        for count in [0, 1, 63, 64, 65, 1_024, 5_000] {
            let budget = CampaignBudget(timeZone: InlineText(String(repeating: "Z", count: count)), version: 1)
            let read = decode(CampaignBudgetWriter.encode(budget))
            #expect(read?.timeZone.count == min(count, CampaignBudgetWriter.textLimit))
            #expect(read?.timeZone.fits == (count <= 64))
            #expect(read == WireComparison.budget.written(budget))
        }
    }

    @Test func anotherWireTypeIsAnUnknownField() {
        let bodies: [UInt8: [UInt8]] = [0: [5], 1: [1, 2, 3, 4, 5, 6, 7, 8], 2: [3, 65, 65, 65], 5: [1, 2, 3, 4]]
        for (number, own) in WireModel.Schema.campaignBudget.wireTypes {
            for (wireType, body) in bodies {
                let payload = [UInt8(number) << 3 | wireType] + body
                #expect((decode(payload) == CampaignBudget()) == (UInt32(wireType) != own), "\(hex(payload))")
                #expect(WireComparison.budget.finding(payload) == nil)
            }
        }
    }

    @Test func theLongestBudgetFits() {
        let budget = CampaignBudget(
            campaignID: -1, advertiserID: -1, currency: CurrencyCode("USD")!, dailyBudgetNanos: .min,
            lifetimeBudgetNanos: -1, timeZone: InlineText(String(repeating: "Z", count: 5_000)),
            startsMilliseconds: -1, endsMilliseconds: -1, version: -1)
        let payload = CampaignBudgetWriter.encode(budget)
        #expect(payload.count == 7 * 11 + 5 + 3 + CampaignBudgetWriter.textLimit)
        #expect(decode(payload) == WireComparison.budget.written(budget))
    }

    @Test func theReferenceRefusesWhatIsTooLong() {
        let filler = [UInt8](repeating: 0x58, count: AdEventReference.sizeLimit)
        #expect(CampaignBudgetReference.decode(filler) == CampaignBudget())
        #expect(CampaignBudgetReference.decode(filler + [0x58, 0x01]) == nil)
    }
}
