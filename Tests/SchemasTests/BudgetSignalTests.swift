import Schemas
import Testing

@Suite struct BudgetSignalTests {
    private static let signal = BudgetSignal(
        campaignID: 300, advertiserID: -1, currency: CurrencyCode("EUR")!, kind: .crossed, budget: .daily,
        thresholdPercent: 80, day: "2026-11-25", budgetNanos: 1_000, spentNanos: .max, budgetVersion: 7,
        sources: [
            SourceOffset(topic: "ad-events", partition: 3, nextOffset: 300),
            SourceOffset(topic: "spend-adjustments", partition: 3), SourceOffset(),
        ],
        lane: 3, sequence: 12, decidedAtMilliseconds: 1_795_394_602_000)

    @Test func aSignalByHand() {
        let expected =
            "08ac02" + "10ffffffffffffffffff01" + "1a03455552" + "2001" + "2801" + "3050"
            + "3a0a" + hex(Array("2026-11-25".utf8)) + "40e807" + "48ffffffffffffffff7f" + "5007"
            + "5a10" + "0a09" + hex(Array("ad-events".utf8)) + "1003" + "18ac02"
            + "5a15" + "0a11" + hex(Array("spend-adjustments".utf8)) + "1003" + "5a00"
            + "6003" + "680c" + "709088eeaea034"
        let payload = BudgetSignalWriter.encode(Self.signal)
        #expect(hex(payload) == expected)
        #expect(BudgetSignalReader.read(payload) == Self.signal)
        #expect(BudgetSignalReference.decode(payload) == Self.signal)
        #expect(BudgetSignalWriter.encode(BudgetSignal()) == [])
        #expect(BudgetSignalReader.read([]) == BudgetSignal())
    }

    @Test func enumsAreOpen() {
        for (payload, expected) in [("2004", BudgetSignal()), ("2003", BudgetSignal(kind: .reset))] {
            #expect(BudgetSignalReader.read(bytes(hex: payload)!) == expected)
            #expect(BudgetSignalReference.decode(bytes(hex: payload)!) == expected)
        }
        #expect(BudgetSignalReader.read(bytes(hex: "2803")!)?.budget == .unspecified)
        #expect(BudgetSignalReader.read(bytes(hex: "2802")!)?.budget == .lifetime)
    }

    @Test func sourcesAddUpAndUnknownFieldsAreSkipped() {
        // An unknown field in a source, one behind it, and a source with another wire type.
        let payload = bytes(hex: "5a04" + "10032005" + "7801" + "5805" + "5a02" + "1004")!
        #expect(BudgetSignalReader.read(payload)?.sources == [SourceOffset(partition: 3), SourceOffset(partition: 4)])
    }

    @Test(arguments: ["5a0210", "5a0110", "5a020a05", "5a01", "08", "3a05", "00", "5b", "5a0107"])
    func whatIsDamagedDoesNotDecode(payload: String) {
        #expect(BudgetSignalReader.read(bytes(hex: payload)!) == nil)
    }

    @Test func textsThatAreNotUTF8AreRepaired() {
        #expect(BudgetSignalReader.read(bytes(hex: "3a0241ff")!)?.day == "A\u{FFFD}")
    }

    @Test func asManySourcesAsThereAre() {
        var signal = Self.signal
        signal.sources = (0..<500).map {
            SourceOffset(topic: String(repeating: "t", count: Int($0) % 249), partition: $0, nextOffset: .max)
        }
        signal.day = String(repeating: "ä", count: 300)
        let payload = BudgetSignalWriter.encode(signal)
        #expect(payload.count > 65_536)
        #expect(BudgetSignalReader.read(payload) == nil)
        signal.sources.removeLast(150)
        let shorter = BudgetSignalWriter.encode(signal)
        #expect(BudgetSignalReader.read(shorter) == signal)
        #expect(BudgetSignalReference.decode(shorter) == signal)
    }

    @Test func whatIsWrittenIsReadAgainByBothDecoders() {
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<5_000 {
            let signal = randomSignal(&generator)
            let payload = BudgetSignalWriter.encode(signal)
            #expect(BudgetSignalReader.read(payload) == signal)
            #expect(BudgetSignalReference.decode(payload) == signal)
            // Damaged, it decodes or does not, and never reads beyond its end.
            var damaged = payload
            mutate(&damaged, [payload], &generator)
            _ = BudgetSignalReader.read(damaged)
        }
    }

    private func randomSignal(_ generator: inout SeededGenerator) -> BudgetSignal {
        BudgetSignal(
            campaignID: randomNumber(&generator), advertiserID: randomNumber(&generator),
            currency: CurrencyCode(["USD", "JPY", "-"].randomElement(using: &generator)!) ?? .none,
            kind: SignalKind.allCases.randomElement(using: &generator)!,
            budget: BudgetKind.allCases.randomElement(using: &generator)!,
            thresholdPercent: Int32(truncatingIfNeeded: randomNumber(&generator)),
            day: ["", "2026-11-25", "käse"].randomElement(using: &generator)!, budgetNanos: randomNumber(&generator),
            spentNanos: randomNumber(&generator), budgetVersion: randomNumber(&generator),
            sources: (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                SourceOffset(
                    topic: ["", "ad-events"].randomElement(using: &generator)!,
                    partition: Int32(truncatingIfNeeded: randomNumber(&generator)),
                    nextOffset: randomNumber(&generator))
            },
            lane: Int32(truncatingIfNeeded: randomNumber(&generator)), sequence: randomNumber(&generator),
            decidedAtMilliseconds: randomNumber(&generator))
    }
}
