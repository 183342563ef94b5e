public import Schemas
import Streams

/// What a log of ad events amounts to, worked out by another way than the service's: one dictionary, one pass,
/// straight from proto/sluice/ads/v1/README.md. Slow, and simple enough to be checked by reading.
public struct ReferenceJudge {
    public struct Verdict: Equatable {
        public var rows: [ContractVector.Row] = []
        public var deadLetters: [ContractVector.DeadLetter] = []
        public var duplicates: Int64 = 0
        public var late: Int64 = 0
        public var invalid: Int64 = 0
        public var records: Int64 = 0
        /// nil where every record is a dead letter.
        public var streamTimeMilliseconds: Int64?
        public var watermarkMilliseconds: Int64?
        public init() {}
    }

    private struct RowKey: Hashable {
        var advertiser: Int64
        var campaign: Int64
        var minute: Int64
        var currency: String
    }

    private let horizonMilliseconds: Int64
    private let outOfOrdernessMilliseconds: Int64
    /// Turns a payload into an event; nil where it does not decode.
    private let decode: ([UInt8]) -> AdEvent?

    /// - Parameter decode: the reference decoder where nothing else is given. It departs from the contract for a few
    ///   malformed payloads, which `AdEventReference` lists.
    public init(
        horizonMilliseconds: Int64, outOfOrdernessMilliseconds: Int64,
        decode: @escaping ([UInt8]) -> AdEvent? = AdEventReference.decode
    ) {
        self.horizonMilliseconds = horizonMilliseconds
        self.outOfOrdernessMilliseconds = outOfOrdernessMilliseconds
        self.decode = decode
    }

    public func judge(_ log: [SimulatedLog.Entry]) -> Verdict {
        var verdict = Verdict()
        var rows: [RowKey: ContractVector.Row] = [:]
        var streamTime: Int64?
        /// S at the last record of each id that is not a dead letter.
        var lastSeen: [[UInt64]: Int64] = [:]

        for record in log {
            verdict.records += 1
            guard let payload = record.value, !payload.isEmpty else {
                verdict.deadLetters.append(.init(offset: record.offset.rawValue, reason: "empty_payload"))
                continue
            }
            guard let event = decode(payload) else {
                verdict.deadLetters.append(.init(offset: record.offset.rawValue, reason: "undecodable"))
                continue
            }
            let timestamp = record.timestampMilliseconds >= 0 ? record.timestampMilliseconds : nil
            if let fault = fault(event, timestamp: timestamp) {
                verdict.deadLetters.append(.init(offset: record.offset.rawValue, reason: fault))
                continue
            }
            let watermark = streamTime.map { $0 - outOfOrdernessMilliseconds }
            let time = min(event.eventTimeMilliseconds, timestamp ?? .max)
            let now = max(streamTime ?? time, time)
            streamTime = now
            let id = [event.idHigh, event.idLow]
            let before = lastSeen[id]
            lastSeen[id] = now
            if let before, now - before <= horizonMilliseconds {
                verdict.duplicates += 1
                continue
            }
            let minute = event.eventTimeMilliseconds / 60_000 * 60_000
            let key = RowKey(
                advertiser: event.advertiserID, campaign: event.campaignID, minute: minute,
                currency: event.currency.description)
            var row =
                rows[key]
                ?? ContractVector.Row(
                    advertiserID: key.advertiser, campaignID: key.campaign, minuteMilliseconds: minute,
                    currency: key.currency, impressions: 0, clicks: 0, conversions: 0, videoViews: 0,
                    invalidEvents: 0, spendNanos: 0, lateEvents: 0)
            if event.invalidReason != 0 {
                verdict.invalid += 1
                row.invalidEvents += 1
            } else {
                count(event, in: &row)
                if let watermark, minute + 60_000 <= watermark {
                    verdict.late += 1
                    row.lateEvents += 1
                }
            }
            rows[key] = row
        }
        verdict.rows = rows.values.sorted(by: ContractVector.Row.precedes)
        verdict.streamTimeMilliseconds = streamTime
        verdict.watermarkMilliseconds = streamTime.map { $0 - outOfOrdernessMilliseconds }
        return verdict
    }

    private func fault(_ event: AdEvent, timestamp: Int64?) -> String? {
        if event.idLength != 16 { return "event_id" }
        if !(1...4).contains(event.type) { return "event_type" }
        if !(1...4).contains(event.pricing) { return "pricing_model" }
        if !(0...1_000_000_000_000).contains(event.priceMicros) { return "price" }
        if event.currency.description.count != 3 { return "currency" }
        if !(1..<4_102_444_800_000).contains(event.eventTimeMilliseconds) { return "event_time" }
        // The event time is in its range by now: the difference cannot overflow, a sum could.
        if let timestamp, event.eventTimeMilliseconds - timestamp > 48 * 3_600_000 { return "event_time" }
        return nil
    }

    private func count(_ event: AdEvent, in row: inout ContractVector.Row) {
        let price = Int128(event.priceMicros)
        switch event.eventType {
        case .impression:
            row.impressions += 1
            if event.pricingModel == .cpm { row.spendNanos += price }
        case .click:
            row.clicks += 1
            if event.pricingModel == .cpc { row.spendNanos += price * 1_000 }
        case .conversion:
            row.conversions += 1
            if event.pricingModel == .cpa { row.spendNanos += price * 1_000 }
        default:
            row.videoViews += 1
            if event.pricingModel == .cpv { row.spendNanos += price * 1_000 }
        }
    }
}

extension ContractVector.Row {
    /// By minute, campaign, advertiser and currency: the order in which results are compared.
    public static func precedes(_ a: Self, _ b: Self) -> Bool {
        (a.minuteMilliseconds, a.campaignID, a.advertiserID, a.currency)
            < (b.minuteMilliseconds, b.campaignID, b.advertiserID, b.currency)
    }
}
