import Schemas
import Testing

/// The reader against the generated code on random and mutated bytes, with the known differences taken out by
/// rewriting the bytes and then required, not looked away from.
@Suite struct WireFuzzTests {
    /// What was seen, so that a fuzz which no longer reaches something fails.
    struct Tally {
        var accepted = 0
        var refused = 0
        var plain = 0
        var refusedByGeneratedCodeAlone = 0
        var quirks: [Int: Int] = [:]
    }

    @Test func randomBytes() {
        var generator = SeededGenerator(seed: 1)
        var tally = Tally()
        // Random bytes seldom get far: few of the values, so that tags and short lengths are frequent.
        let frequent: [UInt8] = [
            0x0A, 0x10, 0x18, 0x38, 0x40, 0x52, 0x62, 0x69, 0x70, 0x78, 0x7B, 0x7C, 0x7A, 0x7D, 0x00, 0x01, 0x02, 0x80,
            0xFF, 0x0B, 0x0C, 0x41,
        ]
        for _ in 0..<150_000 {
            var payload: [UInt8] = []
            for _ in 0..<Int.random(in: 0...24, using: &generator) {
                payload.append(
                    generator.next() & 3 == 0
                        ? UInt8(truncatingIfNeeded: generator.next()) : frequent.randomElement(using: &generator)!
                )
            }
            check(payload, &tally)
        }
        #expect(tally.accepted > 5000 && tally.refused > 5000 && tally.plain > 1000, "\(tally)")
    }

    @Test func mutatedEvents() throws {
        var generator = SeededGenerator(seed: 2)
        var tally = Tally()
        let seeds = try WireCorpusTests.cases().filter { $0.hex.utf8.count <= 240 && $0.cpp }.map {
            bytes(hex: $0.hex)!
        }
        let events = (0..<500).map { _ in AdEventWriter.encode(randomEvent(&generator)) }
        for round in 0..<200_000 {
            var payload = (round & 1 == 0 ? events : seeds).randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&payload, events, &generator) }
            check(payload, &tally)
        }
        #expect(tally.accepted > 20_000 && tally.refused > 20_000 && tally.plain > 20_000, "\(tally)")
        #expect(tally.refusedByGeneratedCodeAlone > 2000, "\(tally)")
        for quirk in [1, 2, 4, 8, 16] { #expect(tally.quirks[quirk, default: 0] > 50, "\(tally)") }
    }

    @Test func theCorpus() throws {
        var tally = Tally()
        for entry in try WireCorpusTests.cases() { check(bytes(hex: entry.hex)!, &tally) }
        for quirk in [1, 2, 4, 8, 16] { #expect(tally.quirks[quirk, default: 0] > 1, "\(tally)") }
    }

    /// What must hold for any bytes at all.
    private func check(_ payload: [UInt8], _ tally: inout Tally) {
        let event = decode(payload)
        let model = WireModel(payload)
        let generated = AdEventReference.decode(payload)
        for quirk in [1, 2, 4, 8, 16] where model.quirks.contains(.init(rawValue: quirk)) {
            tally.quirks[quirk, default: 0] += 1
        }
        guard (event != nil) == model.accepted else {
            Issue.record("the reader and the model differ on \(hex(payload))")
            return
        }
        if let event {
            tally.accepted += 1
            // Without the differing places the generated code reads what the reader read with them.
            if AdEventReference.decode(model.canonical) != event { Issue.record("values differ on \(hex(payload))") }
        } else {
            tally.refused += 1
        }
        if model.quirks.isEmpty {
            tally.plain += 1
            if generated != event { Issue.record("the generated code differs on \(hex(payload))") }
        } else if !model.quirks.isDisjoint(with: [.group, .wrongWireType]),
            model.quirks.isDisjoint(with: .tagBeyond32Bits)
        {
            // A tag beyond 32 bits may be another field for protobuf-c, and its wire type then right.
            if event != nil { tally.refusedByGeneratedCodeAlone += 1 }
            if generated != nil { Issue.record("the generated code accepts \(hex(payload))") }
        } else if event == nil, !model.quirks.contains(.fieldNumberZero) {
            if generated != nil { Issue.record("the generated code accepts \(hex(payload))") }
        }
    }
}

/// An event with something in most of its fields, small and extreme values alike.
func randomEvent(_ generator: inout SeededGenerator) -> AdEvent {
    AdEvent(
        idHigh: generator.next(), idLow: generator.next(), idLength: 16,
        eventTimeMilliseconds: randomNumber(&generator),
        advertiserID: randomNumber(&generator), campaignID: randomNumber(&generator),
        adGroupID: randomNumber(&generator),
        adID: randomNumber(&generator),
        type: Int32(truncatingIfNeeded: randomNumber(&generator)),
        pricing: Int32(truncatingIfNeeded: randomNumber(&generator)),
        priceMicros: randomNumber(&generator),
        currency: generator.next() % 8 == 0
            ? .none
            : ["USD", "EUR", "JPY", "AZZ"].compactMap(CurrencyCode.init)
                .randomElement(using: &generator)!,
        placement: Int32(truncatingIfNeeded: randomNumber(&generator)),
        country: generator.next() % 4 == 0 ? 0 : 0x4445,
        userHash: generator.next() % 4 == 0 ? 0 : generator.next(),
        invalidReason: generator.next() % 4 == 0 ? Int32(truncatingIfNeeded: randomNumber(&generator)) : 0
    )
}

/// Small and extreme values alike.
func randomNumber(_ generator: inout SeededGenerator) -> Int64 {
    switch generator.next() % 8 {
    case 0: 0
    case 1: [1, -1, .min, .max, 127, 128, 1 << 56, (1 << 56) - 1].randomElement(using: &generator)!
    default: Int64(bitPattern: generator.next() >> (generator.next() % 64))
    }
}
