import Schemas
import Testing

/// The readers of adjustments and budgets against the model and the generated code, on written, random and damaged bytes.
@Suite struct AdjustmentAndBudgetWireTests {
    @Test func adjustments() {
        var generator = SeededGenerator(seed: 11)
        let texts = ["", "a", "invalid_traffic", "a\u{0}b", "käse", String(repeating: "x", count: 64)]
        let long = texts + [String(repeating: "x", count: 65), String(repeating: "y", count: 200)]
        let written = (0..<400).map { _ in
            SpendAdjustmentWriter.encode(
                SpendAdjustment(
                    idHigh: generator.next(), idLow: generator.next(),
                    idLength: generator.next() % 4 == 0 ? Int32.random(in: 0...40, using: &generator) : 16,
                    eventTimeMilliseconds: randomNumber(&generator), advertiserID: randomNumber(&generator),
                    campaignID: randomNumber(&generator), adGroupID: randomNumber(&generator),
                    adID: randomNumber(&generator), amountNanos: randomNumber(&generator),
                    currency: CurrencyCode(rawValue: [0, 0x55_5344, 0x75_7364].randomElement(using: &generator)!),
                    reason: InlineText(long.randomElement(using: &generator)!),
                    reference: InlineText(long.randomElement(using: &generator)!)))
        }
        check(.adjustment, written, tags: [0x0A, 0x10, 0x38, 0x42, 0x4A, 0x52], &generator)
    }

    @Test func budgets() {
        var generator = SeededGenerator(seed: 12)
        let zones = ["", "UTC", "Europe/Berlin", "a\u{0}b", String(repeating: "x", count: 65)]
        let written = (0..<400).map { _ in
            CampaignBudgetWriter.encode(
                CampaignBudget(
                    campaignID: randomNumber(&generator), advertiserID: randomNumber(&generator),
                    currency: CurrencyCode(rawValue: [0, 0x55_5344, 0x75_7364].randomElement(using: &generator)!),
                    dailyBudgetNanos: randomNumber(&generator), lifetimeBudgetNanos: randomNumber(&generator),
                    timeZone: InlineText(zones.randomElement(using: &generator)!),
                    startsMilliseconds: randomNumber(&generator), endsMilliseconds: randomNumber(&generator),
                    version: randomNumber(&generator)))
        }
        check(.budget, written, tags: [0x08, 0x1A, 0x20, 0x32, 0x40, 0x48], &generator)
    }

    private func check<Message: Equatable>(
        _ comparison: WireComparison<Message>, _ written: [[UInt8]], tags: [UInt8], _ generator: inout SeededGenerator
    ) {
        var accepted = 0
        var refused = 0
        func check(_ payload: [UInt8]) {
            if payload.withUnsafeBytes(comparison.read) == nil { refused += 1 } else { accepted += 1 }
            if let finding = comparison.finding(payload) { Issue.record("\(finding): \(hex(payload))") }
        }
        for payload in written { check(payload) }
        #expect(refused == 0)
        for _ in 0..<30_000 {
            var payload = written.randomElement(using: &generator)!
            for _ in 0..<Int.random(in: 1...3, using: &generator) { mutate(&payload, written, &generator) }
            check(payload)
        }
        // Random bytes seldom get far: few of the values, so that tags and short lengths are frequent.
        let frequent: [UInt8] = tags + [0, 1, 2, 3, 0x7B, 0x7C, 0x80, 0xFF, 0x0B, 0x0C, 0x41, 0x58]
        for _ in 0..<30_000 {
            check(
                (0..<Int.random(in: 0...24, using: &generator)).map { _ in
                    generator.next() & 3 == 0
                        ? UInt8(truncatingIfNeeded: generator.next()) : frequent.randomElement(using: &generator)!
                })
        }
        #expect(accepted > 5_000 && refused > 5_000, "accepted \(accepted), refused \(refused)")
    }

    /// Every prefix of a payload in memory that ends exactly there, so that an address sanitizer sees a read beyond it.
    @Test func nothingIsReadBeyondTheEnd() {
        let adjustment = SpendAdjustmentWriter.encode(
            SpendAdjustment(
                idHigh: 1, idLow: 2, idLength: 16, eventTimeMilliseconds: .max, campaignID: -1, amountNanos: .min,
                currency: CurrencyCode("USD")!, reason: InlineText("refund"), reference: InlineText("x")))
        let budget = CampaignBudgetWriter.encode(
            CampaignBudget(campaignID: -1, currency: CurrencyCode("USD")!, timeZone: InlineText("UTC"), version: .max))
        for count in 0...adjustment.count { checkExact(adjustment.prefix(count), .adjustment) }
        for count in 0...budget.count { checkExact(budget.prefix(count), .budget) }
    }

    private func checkExact<Message: Equatable>(
        _ payload: ArraySlice<UInt8>, _ comparison: WireComparison<Message>
    ) {
        let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: payload.count, alignment: 1)
        defer { exact.deallocate() }
        exact.copyBytes(from: payload)
        #expect(comparison.finding(UnsafeRawBufferPointer(exact)) == nil)
    }
}
