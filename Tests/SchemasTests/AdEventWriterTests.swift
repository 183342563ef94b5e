import Schemas
import Testing

@Suite struct AdEventWriterTests {
    @Test func whatIsWrittenIsReadAgainByBothDecoders() {
        var generator = SeededGenerator(seed: 3)
        var buffer = ByteBuffer(capacity: 1)
        for _ in 0..<20_000 {
            let event = randomEvent(&generator)
            buffer.removeAll()
            let written = AdEventWriter.append(event, to: &buffer)
            let payload = Array(buffer.bytes)
            #expect(payload.count == written)
            if decode(payload) != event { Issue.record("the reader reads \(hex(payload)) not as \(event)") }
            if AdEventReference.decode(payload) != event {
                Issue.record("the reference reads \(hex(payload)) otherwise")
            }
        }
    }

    @Test func eventsThatFollowEachOtherInABuffer() {
        var generator = SeededGenerator(seed: 4)
        var buffer = ByteBuffer(capacity: 1)
        let events = (0..<1000).map { _ in randomEvent(&generator) }
        let ends = events.map { event in
            AdEventWriter.append(event, to: &buffer)
            return buffer.count
        }
        let all = Array(buffer.bytes)
        var start = 0
        for (event, end) in zip(events, ends) {
            #expect(Array(all[start..<end]) == AdEventWriter.encode(event))
            start = end
        }
    }

    @Test func anEventByHand() {
        let event = AdEvent(
            idHigh: 0x0001_0203_0405_0607, idLow: 0x0809_0A0B_0C0D_0E0F, idLength: 16, eventTimeMilliseconds: 300,
            advertiserID: 1, campaignID: -1, type: 2, pricing: 2, priceMicros: 250_000,
            currency: CurrencyCode("EUR")!, country: 0x4445, userHash: 0x0102_0304_0506_0708, invalidReason: 7
        )
        let expected =
            "0a10000102030405060708090a0b0c0d0e0f" + "10ac02" + "1801" + "20ffffffffffffffffff01" + "3802" + "4002"
            + "4890a10f" + "5203455552" + "62024445" + "690807060504030201" + "7007"
        #expect(hex(AdEventWriter.encode(event)) == expected)
        #expect(AdEventWriter.encode(AdEvent()) == [])
    }

    @Test func idsOfOtherLengthsAreWrittenAndReadAsSuch() {
        for length in [1, 7, 8, 9, 15, 17, 40, AdEventWriter.idLengthLimit] {
            let event = AdEvent(idHigh: .max, idLow: .max, idLength: Int32(length), adID: 3)
            let payload = AdEventWriter.encode(event)
            #expect(payload[1] == UInt8(length))
            #expect(payload[2..<min(18, 2 + length)].allSatisfy { $0 == 0xFF })
            #expect(decode(payload) == AdEvent(idLength: Int32(length), adID: 3))
        }
    }

    @Test func theLongestEventFits() {
        let event = AdEvent(
            idHigh: .max, idLow: .max, idLength: 1000, eventTimeMilliseconds: -1, advertiserID: -1, campaignID: -1,
            adGroupID: -1, adID: -1, type: -1, pricing: -1, priceMicros: -1, currency: CurrencyCode("USD")!,
            placement: -1, country: 0x4445, userHash: .max, invalidReason: -1
        )
        let payload = AdEventWriter.encode(event)
        #expect(payload.count == 2 + 64 + 10 * 11 + 5 + 4 + 9)
        var read = event
        (read.idHigh, read.idLow, read.idLength) = (0, 0, 64)
        #expect(decode(payload) == read)
    }

    @Test func aCurrencyThatIsNotOneIsWrittenAndReadAsNone() {
        let packed = UInt32(0x75_7364)  // usd
        let payload = AdEventWriter.encode(AdEvent(currency: CurrencyCode(rawValue: packed)))
        #expect(hex(payload) == "5203757364")
        #expect(decode(payload)?.currency == CurrencyCode.none)
    }
}
