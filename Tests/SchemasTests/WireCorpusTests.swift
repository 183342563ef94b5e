import Foundation
import Schemas
import Testing

/// What Google's own parsers make of some thousands of payloads: Corpus/README.md says where they come from.
@Suite struct WireCorpusTests {
    struct Case: Decodable {
        struct Fields: Decodable {
            var event_id: String?
            var event_time_ms: Int64?
            var advertiser_id: Int64?
            var campaign_id: Int64?
            var ad_group_id: Int64?
            var ad_id: Int64?
            var type: Int32?
            var pricing: Int32?
            var price_micros: Int64?
            var currency: String?
            var placement: Int32?
            var country: String?
            var user_hash: UInt64?
            var invalid_reason: Int32?
        }
        var name: String
        var hex: String
        var cpp: Bool
        var upb: Bool
        var fields: Fields?
    }

    static func cases() throws -> [Case] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus/wire.jsonl")
        let decoder = JSONDecoder()
        return try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            try decoder.decode(Case.self, from: Data($0.utf8))
        }
    }

    /// The event that the fields of a case spell.
    static func event(_ fields: Case.Fields) -> AdEvent {
        let id = fields.event_id.flatMap(bytes(hex:)) ?? []
        let currency = fields.currency.flatMap(bytes(hex:)) ?? []
        let country = fields.country.flatMap(bytes(hex:)) ?? []
        let words = id.count == 16 ? id : [UInt8](repeating: 0, count: 16)
        return AdEvent(
            idHigh: words[..<8].reduce(0) { $0 << 8 | UInt64($1) },
            idLow: words[8...].reduce(0) { $0 << 8 | UInt64($1) },
            idLength: Int32(id.count),
            eventTimeMilliseconds: fields.event_time_ms ?? 0,
            advertiserID: fields.advertiser_id ?? 0,
            campaignID: fields.campaign_id ?? 0,
            adGroupID: fields.ad_group_id ?? 0,
            adID: fields.ad_id ?? 0,
            type: fields.type ?? 0,
            pricing: fields.pricing ?? 0,
            priceMicros: fields.price_micros ?? 0,
            currency: CurrencyCode(String(decoding: currency, as: UTF8.self)) ?? .none,
            placement: fields.placement ?? 0,
            country: country.count == 2 && country.allSatisfy { (65...90).contains($0) }
                ? UInt16(country[0]) << 8 | UInt16(country[1]) : 0,
            userHash: fields.user_hash ?? 0,
            invalidReason: fields.invalid_reason ?? 0
        )
    }

    @Test func theReaderAgreesWithTheParserOfGoogleInCPP() throws {
        let cases = try Self.cases()
        #expect(cases.count > 5000)
        var accepted = 0
        for entry in cases {
            let payload = try #require(bytes(hex: entry.hex))
            let event = decode(payload)
            guard entry.cpp else {
                #expect(event == nil, "\(entry.name) \(entry.hex) must be refused")
                continue
            }
            accepted += 1
            let expected = Self.event(try #require(entry.fields))
            if event != expected { Issue.record("\(entry.name) \(entry.hex): \(String(describing: event))") }
        }
        #expect(accepted > 2000 && accepted < cases.count - 2000)
    }

    /// Google's parsers differ in two places. Should a new corpus show a third, it has to be understood first.
    @Test func theParsersOfGoogleDifferOnlyWhereWeKnow() throws {
        for entry in try Self.cases() where entry.cpp != entry.upb {
            let payload = try #require(bytes(hex: entry.hex))
            let walk = WireModel(payload)
            if entry.cpp {
                #expect(walk.quirks.contains(.tagBeyond32Bits), "\(entry.name) \(entry.hex)")
            } else {
                #expect(walk.quirks.contains(.fieldNumberZero), "\(entry.name) \(entry.hex)")
            }
        }
    }
}
