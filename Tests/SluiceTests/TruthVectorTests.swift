import Schemas
import TestKit
import Testing

@testable import Sluice

/// The vectors of the contract were written by hand from its rules: the truth must agree with each.
@Suite struct TruthVectorTests {
    @Test(arguments: try ContractVectors.load().map(\.name))
    func agreesWithVector(_ name: String) throws {
        let vector = try #require(ContractVectors.load().first { $0.name == name })
        var truth = TruthKeeper(
            rules: TruthRules(
                outOfOrdernessMilliseconds: vector.outOfOrdernessMilliseconds,
                horizonMilliseconds: vector.horizonMilliseconds))
        for record in vector.log { truth.observe(Self.generated(record)) }

        var rows: [TruthKeeper.RowKey: TruthKeeper.Row] = [:]
        for row in vector.rows {
            let key = TruthKeeper.RowKey(
                advertiser: row.advertiserID, campaign: row.campaignID, minuteMilliseconds: row.minuteMilliseconds,
                currency: row.currency)
            rows[key] = TruthKeeper.Row(
                impressions: row.impressions, clicks: row.clicks, conversions: row.conversions,
                videoViews: row.videoViews, invalidEvents: row.invalidEvents, spendNanos: row.spendNanos,
                lateEvents: row.lateEvents)
        }
        #expect(truth.rows == rows, "\(vector.about)")
        // The truth counts offsets from 0; a vector may leave some out.
        #expect(
            truth.deadLetters.map {
                ContractVector.DeadLetter(offset: vector.log[Int($0.offset)].offset, reason: $0.reason.rawValue)
            } == vector.deadLetters)
        let totals = truth.partitions[0] ?? TruthKeeper.PartitionTotals()
        #expect(totals.duplicates == vector.duplicates)
        #expect(
            totals.streamTimeMilliseconds.map { $0 - vector.outOfOrdernessMilliseconds }
                == vector.watermarkMilliseconds)
        #expect(totals.records == Int64(vector.log.count))
    }

    /// A record of a vector as the generator would have meant it. Bytes that the vector gives itself are read by the
    /// generated decoder, which the hand-written one is checked against elsewhere.
    private static func generated(_ record: ContractVector.LogRecord) -> GeneratedRecord {
        var generated = GeneratedRecord()
        generated.timestampMilliseconds = record.timestampMilliseconds
        guard let payload = record.payload else {
            generated.payload = .null
            return generated
        }
        guard !payload.isEmpty else {
            generated.payload = .empty
            return generated
        }
        var event = AdEvent()
        guard payload.withUnsafeBytes({ AdEventReader.read($0, into: &event) }) else {
            generated.payload = .undecodable(.truncated)
            return generated
        }
        generated.event = AdEventModel(decoded: event)
        if let meant = record.event { generated.event.currency = meant.currency }
        return generated
    }
}

extension AdEventModel {
    /// The fields of an event that was read from its bytes; a currency that is not three capitals comes out empty.
    init(decoded event: AdEvent) {
        self.init(
            idHigh: event.idHigh, idLow: event.idLow, idByteCount: Int(event.idLength),
            eventTimeMilliseconds: event.eventTimeMilliseconds, advertiser: event.advertiserID,
            campaign: event.campaignID, adGroup: event.adGroupID, ad: event.adID, type: event.type,
            pricing: event.pricing, priceMicros: event.priceMicros,
            currency: event.currency.isValid ? event.currency.description : "", placement: event.placement,
            country: event.country == 0
                ? "" : String(decoding: [UInt8(event.country >> 8), UInt8(event.country & 0xFF)], as: UTF8.self),
            userHash: event.userHash, invalidReason: event.invalidReason)
    }
}
