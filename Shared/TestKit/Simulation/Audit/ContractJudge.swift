import Schemas
import Streams

/// What a record is by itself, before time and repeats come in: a fault, or an event that counts somewhere.
struct JudgedRecord {
    /// The code of the first fault; nil: it is an event.
    var fault: String?
    var id = EventID(high: 0, low: 0)
    /// min(event time, record timestamp).
    var time: Int64 = 0
    var key = ResultKey(advertiser: 0, campaign: 0, minute: 0, currency: 0)
    /// What it adds where it is neither a duplicate nor late.
    var effect = ResultRow()
    var isInvalid = false
}

/// The rules of proto/sluice/ads/v1/README.md written down a second time, record by record, over protobuf-c. Shares no
/// code with the job.
struct ContractJudge {
    let horizonMilliseconds: Int64
    let outOfOrdernessMilliseconds: Int64

    func decode(_ entry: SimulatedLog.Entry) -> JudgedRecord {
        var judged = JudgedRecord()
        guard let payload = entry.value, !payload.isEmpty else {
            judged.fault = "empty_payload"
            return judged
        }
        guard let event = AdEventReference.decode(payload) else {
            judged.fault = "undecodable"
            return judged
        }
        let timestamp = entry.timestampMilliseconds >= 0 ? entry.timestampMilliseconds : nil
        if let fault = fault(event, timestamp) {
            judged.fault = fault
            return judged
        }
        judged.id = EventID(high: event.idHigh, low: event.idLow)
        judged.time = timestamp.map { min($0, event.eventTimeMilliseconds) } ?? event.eventTimeMilliseconds
        judged.key = ResultKey(
            advertiser: event.advertiserID, campaign: event.campaignID, minute: event.eventTimeMilliseconds / 60_000,
            currency: event.currency.rawValue)
        judged.isInvalid = event.invalidReason != 0
        judged.effect = judged.isInvalid ? Self.invalid : counted(event)
        return judged
    }

    private static let invalid: ResultRow = {
        var row = ResultRow()
        row.invalidEvents = 1
        return row
    }()

    private func fault(_ event: AdEvent, _ timestamp: Int64?) -> String? {
        if event.idLength != 16 { return "event_id" }
        if event.type < 1 || event.type > 4 { return "event_type" }
        if event.pricing < 1 || event.pricing > 4 { return "pricing_model" }
        if event.priceMicros < 0 || event.priceMicros > 1_000_000_000_000 { return "price" }
        if event.currency == .none { return "currency" }
        let time = event.eventTimeMilliseconds
        if time <= 0 || time >= 4_102_444_800_000 { return "event_time" }
        if let timestamp, time > timestamp + 172_800_000 { return "event_time" }
        return nil
    }

    private func counted(_ event: AdEvent) -> ResultRow {
        var row = ResultRow()
        let micros = Int128(event.priceMicros)
        // The types and the pricing models that charge them carry the same numbers.
        let charged = event.type == event.pricing
        switch event.type {
        case 1:
            row.impressions = 1
            if charged { row.spendNanos = micros }
        case 2: row.clicks = 1
        case 3: row.conversions = 1
        default: row.videoViews = 1
        }
        if charged && event.type != 1 { row.spendNanos = micros * 1_000 }
        return row
    }
}
