/// The numbers that the rules of judgement depend on.
struct TruthRules: Equatable {
    /// The watermark stays this far behind the partition's time.
    var outOfOrdernessMilliseconds: Int64 = 30_000
    /// An id is remembered until the partition's time has passed its last sighting by this much.
    var horizonMilliseconds: Int64 = 600_000
}

/// Why a record is a dead letter: the codes of the contract, in the order of judgement.
enum DeadLetterReason: String, CaseIterable {
    case emptyPayload = "empty_payload"
    case undecodable
    case eventID = "event_id"
    case eventType = "event_type"
    case pricingModel = "pricing_model"
    case price
    case currency
    case eventTime = "event_time"
    case overflow
}

/// Works out what the results of a log must be: the truth that the aggregation is checked against.
///
/// It is written from the rules and shares nothing with the aggregation: it judges the fields that the generator meant,
/// record by record in the order of the log, with dictionaries and 128-bit sums, and is meant to be read rather than
/// to be fast.
struct TruthKeeper {
    /// A row of the results.
    struct RowKey: Hashable {
        var advertiser: Int64
        var campaign: Int64
        /// The beginning of the minute in milliseconds of Unix time.
        var minuteMilliseconds: Int64
        var currency: String
    }

    /// What is counted in a row.
    struct Row: Equatable {
        var impressions: Int64 = 0
        var clicks: Int64 = 0
        var conversions: Int64 = 0
        var videoViews: Int64 = 0
        var invalidEvents: Int64 = 0
        var spendNanos: Int128 = 0
        var lateEvents: Int64 = 0
    }

    /// What is counted in a partition.
    struct PartitionTotals: Equatable {
        var records: Int64 = 0
        var duplicates: Int64 = 0
        var lateEvents: Int64 = 0
        var invalidEvents: Int64 = 0
        var deadLetters: Int64 = 0
        /// The partition's own time, S: nil before the first record that is not a dead letter.
        var streamTimeMilliseconds: Int64?
        /// The records' offsets go from 0.
        var nextOffset: Int64 { records }
    }

    struct DeadLetter: Equatable {
        var partition: Int32
        var offset: Int64
        var reason: DeadLetterReason
    }

    /// What became of a record.
    enum Judgement: Equatable {
        case deadLetter(DeadLetterReason)
        case duplicate
        case invalid
        case counted(late: Bool)
    }

    private struct EventID: Hashable {
        var high: UInt64
        var low: UInt64
    }

    let rules: TruthRules
    private(set) var rows: [RowKey: Row] = [:]
    private(set) var partitions: [Int32: PartitionTotals] = [:]
    private(set) var deadLetters: [DeadLetter] = []
    /// What the adjustments beside the events must amount to.
    var adjustments = AdjustmentTruth()
    /// By partition: each id's last sighting, as the partition's time was then.
    private var sightings: [Int32: [EventID: Int64]] = [:]
    /// By partition: with how many remembered ids the forgotten ones are thrown out next.
    private var sweepAt: [Int32: Int] = [:]

    init(rules: TruthRules = TruthRules()) { self.rules = rules }

    /// How many records have been judged.
    var records: Int64 { partitions.values.reduce(0) { $0 + $1.records } }

    /// Judges the next record of its partition and counts it.
    @discardableResult
    mutating func observe(_ record: GeneratedRecord) -> Judgement {
        var totals = partitions[record.partition] ?? PartitionTotals()
        let judgement = judge(record, &totals)
        totals.records += 1
        partitions[record.partition] = totals
        return judgement
    }

    private mutating func judge(_ record: GeneratedRecord, _ totals: inout PartitionTotals) -> Judgement {
        let event = record.event
        if let reason = Self.fault(of: record) {
            totals.deadLetters += 1
            deadLetters.append(DeadLetter(partition: record.partition, offset: totals.records, reason: reason))
            return .deadLetter(reason)
        }

        // The partition's time: the largest of min(event time, record timestamp); a missing timestamp bounds nothing.
        let before = totals.streamTimeMilliseconds
        let hasTimestamp = record.timestampMilliseconds != -1
        let own =
            hasTimestamp
            ? min(event.eventTimeMilliseconds, record.timestampMilliseconds) : event.eventTimeMilliseconds
        let now = before.map { max($0, own) } ?? own
        totals.streamTimeMilliseconds = now

        // A sighting counts as such whether the event was counted or not.
        let id = EventID(high: event.idHigh, low: event.idLow)
        let lastSeen = sightings[record.partition, default: [:]].updateValue(now, forKey: id)
        forgetOld(in: record.partition, now: now)
        if let lastSeen, now - lastSeen <= rules.horizonMilliseconds {
            totals.duplicates += 1
            return .duplicate
        }

        let minute = event.eventTimeMilliseconds / 60_000 * 60_000
        let key = RowKey(
            advertiser: event.advertiser, campaign: event.campaign, minuteMilliseconds: minute,
            currency: event.currency)
        if event.invalidReason != 0 {
            totals.invalidEvents += 1
            rows[key, default: Row()].invalidEvents += 1
            return .invalid
        }

        let late = before.map { minute + 60_000 <= $0 - rules.outOfOrdernessMilliseconds } ?? false
        if late { totals.lateEvents += 1 }
        count(event, late: late, in: key)
        return .counted(late: late)
    }

    private mutating func count(_ event: AdEventModel, late: Bool, in key: RowKey) {
        let charge = Self.chargeNanos(of: event)
        // In place: a copy of the row would be looked up twice.
        func add(to row: inout Row) {
            switch event.type {
            case 1: row.impressions += 1
            case 2: row.clicks += 1
            case 3: row.conversions += 1
            default: row.videoViews += 1
            }
            row.spendNanos += charge
            if late { row.lateEvents += 1 }
        }
        add(to: &rows[key, default: Row()])
    }

    /// The first fault in the order of judgement; nil for a record that can be counted.
    static func fault(of record: GeneratedRecord) -> DeadLetterReason? {
        switch record.payload {
        case .null, .empty: return .emptyPayload
        case .undecodable: return .undecodable
        case .event: break
        }
        let event = record.event
        if event.idByteCount != 16 { return .eventID }
        if !(1...4).contains(event.type) { return .eventType }
        if !(1...4).contains(event.pricing) { return .pricingModel }
        if event.priceMicros < 0 || event.priceMicros > 1_000_000_000_000 { return .price }
        let letters = event.currency.utf8
        if letters.count != 3 || !letters.allSatisfy({ $0 >= 0x41 && $0 <= 0x5A }) { return .currency }
        if event.eventTimeMilliseconds <= 0 || event.eventTimeMilliseconds >= 4_102_444_800_000 { return .eventTime }
        if record.timestampMilliseconds != -1,
            event.eventTimeMilliseconds - record.timestampMilliseconds > 48 * 3_600_000
        {
            return .eventTime
        }
        return nil
    }

    /// The charge in billionths of the currency; a price per thousand impressions in millionths is one in billionths
    /// for each.
    static func chargeNanos(of event: AdEventModel) -> Int128 {
        switch (event.pricing, event.type) {
        case (1, 1): Int128(event.priceMicros)
        case (2, 2), (3, 3), (4, 4): Int128(event.priceMicros) * 1000
        default: 0
        }
    }

    /// Keeps the memory bounded: throws out what can never be a duplicate's first sighting again, whenever the ids of
    /// a partition have doubled.
    private mutating func forgetOld(in partition: Int32, now: Int64) {
        let count = sightings[partition]?.count ?? 0
        guard count >= sweepAt[partition] ?? 65_536 else { return }
        let oldest = now - rules.horizonMilliseconds
        let kept = sightings[partition]?.filter { $0.value >= oldest } ?? [:]
        sweepAt[partition] = max(65_536, 2 * kept.count)
        sightings[partition] = kept
    }
}
