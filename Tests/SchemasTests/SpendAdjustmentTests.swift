import Schemas
import Testing

@Suite struct SpendAdjustmentTests {
    private func decode(_ payload: [UInt8]) -> SpendAdjustment? {
        payload.withUnsafeBytes { WireComparison.adjustment.read($0) }
    }

    @Test func anAdjustmentByHand() {
        let adjustment = SpendAdjustment(
            idHigh: 0x0001_0203_0405_0607, idLow: 0x0809_0A0B_0C0D_0E0F, idLength: 16, eventTimeMilliseconds: 300,
            advertiserID: 1, campaignID: -1, adGroupID: 2, adID: 3, amountNanos: -150,
            currency: CurrencyCode("EUR")!, reason: InlineText("invalid_traffic"), reference: InlineText("käse"))
        let expected =
            "0a10000102030405060708090a0b0c0d0e0f" + "10ac02" + "1801" + "20ffffffffffffffffff01" + "2802" + "3003"
            + "38ab02" + "4203455552" + "4a0f" + hex(Array("invalid_traffic".utf8)) + "5205" + "6bc3a47365"
        #expect(hex(SpendAdjustmentWriter.encode(adjustment)) == expected)
        #expect(decode(bytes(hex: expected)!) == adjustment)
        #expect(SpendAdjustmentReference.decode(bytes(hex: expected)!) == adjustment)
        #expect(SpendAdjustmentWriter.encode(SpendAdjustment()) == [])
    }

    @Test func noBytesAreAnAdjustmentOfZeros() {
        #expect(decode([]) == SpendAdjustment())
        var adjustment = SpendAdjustment(adID: 5, reason: InlineText("old"))
        #expect(SpendAdjustmentReader.read(UnsafeRawBufferPointer(start: nil, count: 0), into: &adjustment))
        #expect(adjustment == SpendAdjustment())
    }

    /// A sint64 is a zigzag: 0, -1, 1, -2 and so on for 0, 1, 2, 3.
    @Test(
        arguments: [
            (0, "3800"), (-1, "3801"), (1, "3802"), (-2, "3803"), (63, "387e"), (-64, "387f"), (64, "388001"),
            (.max, "38feffffffffffffffff01"), (.min, "38ffffffffffffffffff01"),
        ] as [(Int64, String)])
    func amountsToTheEndsOfTheirRange(amount: Int64, payload: String) {
        let payload = bytes(hex: payload)!
        #expect(decode(payload)?.amountNanos == amount)
        #expect(SpendAdjustmentReference.decode(payload)?.amountNanos == amount)
        #expect(SpendAdjustmentWriter.encode(SpendAdjustment(amountNanos: amount)) == (amount == 0 ? [] : payload))
    }

    @Test func amountsAreSpelledLongerThanNeedBe() {
        // 1 in ten bytes, and bits that no longer fit.
        #expect(decode([0x38, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00])?.amountNanos == 1)
        #expect(decode([0x38, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7E])?.amountNanos == 1)
        #expect(decode([0x38] + [UInt8](repeating: 0x80, count: 10) + [0]) == nil)
    }

    @Test func idsOfOtherLengthsAreWrittenAndReadAsSuch() {
        for length in [1, 15, 17, 40, SpendAdjustmentWriter.idLengthLimit] {
            let payload = SpendAdjustmentWriter.encode(
                SpendAdjustment(idHigh: .max, idLow: .max, idLength: Int32(length), adID: 3))
            #expect(payload[1] == UInt8(length))
            #expect(decode(payload) == SpendAdjustment(idLength: Int32(length), adID: 3))
        }
        // A later id of the wrong length takes the place of a sound one.
        let sound = [0x0A, 0x10] + [UInt8](repeating: 7, count: 16)
        #expect(decode(sound + [0x0A, 0x01, 7]) == SpendAdjustment(idLength: 1))
        #expect(decode([0x0A, 0x01, 7] + sound)?.idLength == 16)
    }

    @Test func textsAtTheirLimits() {
        func payload(_ tag: UInt8, _ count: Int) -> [UInt8] {
            [tag] + (count < 128 ? [UInt8(count)] : [UInt8(count & 127) | 128, UInt8(count >> 7)])
                + [UInt8](repeating: 0x61, count: count)
        }
        for count in [0, 1, 63, 64, 65, 127, 128, 129, 1_024, 5_000] {
            let both = payload(0x4A, count) + payload(0x52, count)
            let read = decode(both)
            #expect(read?.reason.count == count && read?.reason.fits == (count <= 64))
            #expect(read?.reference.count == count && read?.reference.fits == (count <= 128))
            #expect(read?.reference.bytes == (count <= 128 ? [UInt8](repeating: 0x61, count: count) : []))
            #expect(WireComparison.adjustment.finding(both) == nil)
        }
        // The last of a field counts, a shorter one too.
        #expect(decode(payload(0x4A, 65) + [0x4A, 1, 0x62])?.reason == InlineText("b"))
        #expect(decode([0x4A, 1, 0x62] + payload(0x4A, 65))?.reason.count == 65)
        #expect(decode([0x4A, 1, 0x62, 0x4A, 0])?.reason == InlineText(""))
    }

    @Test func currenciesThatAreNone() {
        #expect(decode(bytes(hex: "4203757364")!)?.currency == CurrencyCode.none)
        #expect(decode(bytes(hex: "42045553440a")!)?.currency == CurrencyCode.none)
        #expect(decode(bytes(hex: "42035553444200")!)?.currency == CurrencyCode.none)
        #expect(decode(bytes(hex: "4203555344")!)?.currency == CurrencyCode("USD"))
        let faulty = SpendAdjustment(currency: CurrencyCode(rawValue: 0x75_7364))
        #expect(hex(SpendAdjustmentWriter.encode(faulty)) == "4203757364")
    }

    /// Each field with each wire type: but for its own it is skipped as unknown, and protobuf-c refuses it.
    @Test func anotherWireTypeIsAnUnknownField() {
        let bodies: [UInt8: [UInt8]] = [0: [5], 1: [1, 2, 3, 4, 5, 6, 7, 8], 2: [3, 65, 65, 65], 5: [1, 2, 3, 4]]
        for (number, own) in WireModel.Schema.spendAdjustment.wireTypes {
            for (wireType, body) in bodies {
                let payload = [UInt8(number) << 3 | wireType] + body
                #expect((decode(payload) == SpendAdjustment()) == (UInt32(wireType) != own), "\(hex(payload))")
                #expect(WireComparison.adjustment.finding(payload) == nil)
            }
        }
    }

    @Test func theLongestAdjustmentFits() {
        let long = InlineText<64>(String(repeating: "a", count: 5_000))
        let adjustment = SpendAdjustment(
            idHigh: .max, idLow: .max, idLength: 1_000, eventTimeMilliseconds: -1, advertiserID: -1, campaignID: -1,
            adGroupID: -1, adID: -1, amountNanos: .min, currency: CurrencyCode("USD")!, reason: long,
            reference: InlineText(String(repeating: "a", count: 5_000)))
        let payload = SpendAdjustmentWriter.encode(adjustment)
        #expect(payload.count == 2 + 64 + 6 * 11 + 5 + 2 * (3 + SpendAdjustmentWriter.textLimit))
        #expect(decode(payload) == WireComparison.adjustment.written(adjustment))
    }

    @Test func theReferenceRefusesWhatIsTooLong() {
        let filler = [UInt8](repeating: 0x58, count: AdEventReference.sizeLimit)
        #expect(SpendAdjustmentReference.decode(filler) == SpendAdjustment())
        #expect(SpendAdjustmentReference.decode(filler + [0x58, 0x01]) == nil)
    }
}
