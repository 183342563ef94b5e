/// What a generated stream looks like.
struct StreamShape: Equatable {
    var seed: UInt64 = 1
    /// How many records there are in all, repeated and damaged ones included.
    var events: Int64 = 2_000_000
    var partitions: Int32 = 16
    var campaigns = 1000
    var zipfExponent = 1.0
    /// When the first record arrives, in milliseconds of Unix time: 2026-01-15T08:00:00Z.
    var startMilliseconds: Int64 = 1_768_464_000_000
    /// How long the records take to arrive.
    var spanMilliseconds: Int64 = 7_200_000
    /// The share of events that are sent again.
    var duplicates = 0.01
    /// The share of events that arrive after their minute has ended.
    var late = 0.005
    /// The share of events that are marked as invalid traffic.
    var invalid = 0.005
    /// The share of payloads that are no message.
    var undecodable = 0.0005
    /// The share of events with some other fault that makes them dead letters.
    var faulty = 0.0005
    /// How much an event's arrival may lag behind its time in the normal course of things; a quarter of it on average.
    var jitterMilliseconds: Int64 = 8000
}

/// The records of a stream in the order in which they are sent: the same shape gives the same records everywhere.
///
/// Arrival never goes back, event time does: each event happened some time before it arrives, now and then a long time,
/// and some producers' clocks are ahead. A part of the events is sent again: most within seconds, some after minutes,
/// a few after the deduplication horizon, some several times, some with other content. Half of the records that
/// become dead letters are sent again as they should have been, with the same id.
struct EventStream {
    let shape: StreamShape
    let catalog: CampaignCatalog
    private var schedule: ArrivalSchedule
    private var random: SeededRandom
    private var pending = PendingSends()
    private var nextIndex: Int64 = 0
    /// When the last record so far arrived; before the first one, when the stream begins.
    private(set) var lastArrivalMilliseconds: Int64
    private var faultsMade = 0
    private var damagesMade = 0

    private let duplicateShare: Share
    private let lateShare: Share
    private let invalidShare: Share
    private let undecodableShare: Share
    private let faultyShare: Share
    private let unattributedShare = Share(0.0002)
    private let clockAheadShare = Share(0.03)
    private let clockFarAheadShare = Share(0.0001)

    init(shape: StreamShape) {
        self.shape = shape
        lastArrivalMilliseconds = shape.startMilliseconds
        catalog = CampaignCatalog(
            count: shape.campaigns, exponent: shape.zipfExponent, partitions: shape.partitions, seed: shape.seed)
        schedule = ArrivalSchedule(
            startMilliseconds: shape.startMilliseconds, spanMilliseconds: shape.spanMilliseconds, count: shape.events)
        random = SeededRandom(seed: SeededRandom.mix(shape.seed ^ 0x5EED_0FAD_57EA_A000))
        duplicateShare = Share(shape.duplicates)
        lateShare = Share(shape.late)
        invalidShare = Share(shape.invalid)
        undecodableShare = Share(shape.undecodable)
        faultyShare = Share(shape.faulty)
    }

    /// The next record; nil after the last.
    mutating func next() -> GeneratedRecord? {
        guard nextIndex < shape.events else { return nil }
        let arrival = schedule.arrivalMilliseconds(of: nextIndex, using: &random)
        nextIndex += 1
        lastArrivalMilliseconds = arrival
        if let due = pending.nextDueMilliseconds, due <= arrival, let entry = pending.popFirst() {
            return sendAgain(entry, arrival: arrival)
        }
        return freshRecord(arrival: arrival)
    }

    private mutating func freshRecord(arrival: Int64) -> GeneratedRecord {
        let campaign = random.happens(unattributedShare) ? catalog.unattributed : catalog.choose(using: &random)
        var record = GeneratedRecord()
        record.partition = campaign.partition
        record.timestampMilliseconds = arrival
        record.event = event(of: campaign, arrival: arrival)
        if random.happens(invalidShare) { record.event.invalidReason = Int32(random.within(1...6)) }
        if random.happens(duplicateShare) { scheduleAgain(record, sends: 1) }
        let whole = record
        if random.happens(undecodableShare) {
            let damages = PayloadModel.Damage.allCases
            record.payload = .undecodable(damages[damagesMade % damages.count])
            // In turn, not at random, so that a short stream has each kind as well.
            damagesMade += 1
            if damagesMade % 2 == 0 { scheduleMended(whole) }
        } else if random.happens(faultyShare) {
            let faults = EventFault.allCases
            faults[faultsMade % faults.count].apply(to: &record)
            faultsMade += 1
            if faultsMade % 2 == 0 { scheduleMended(whole) }
        }
        return record
    }

    private mutating func event(of campaign: Campaign, arrival: Int64) -> AdEventModel {
        var event = AdEventModel()
        event.idHigh = random.next()
        event.idLow = random.next()
        event.eventTimeMilliseconds = eventTime(arrival: arrival)
        event.advertiser = campaign.advertiser
        event.campaign = campaign.id
        event.adGroup = campaign.id * 10 + random.below(campaign.adGroups)
        event.ad = event.adGroup * 10 + random.below(campaign.adsInGroup)
        event.type = eventType(pricing: campaign.pricing)
        event.pricing = campaign.pricing
        event.priceMicros = campaign.priceMicros / 100 * random.within(80...120)
        event.currency = campaign.currency
        event.placement = Int32(random.within(0...12))
        event.country = campaign.country
        event.userHash = random.next()
        return event
    }

    /// Impressions are nine tenths of all; where views of a video are charged, they are many.
    private mutating func eventType(pricing: Int32) -> Int32 {
        let perMille = random.below(1000)
        let (clicks, conversions, views) = Self.typesPerMille(pricing: pricing)
        if perMille < clicks { return 2 }
        if perMille < clicks + conversions { return 3 }
        return perMille < clicks + conversions + views ? 4 : 1
    }

    private static func typesPerMille(pricing: Int32) -> (clicks: Int64, conversions: Int64, views: Int64) {
        pricing == 4 ? (25, 5, 420) : (50, 10, 40)
    }

    /// What a thousand events of a campaign are charged on average, in billionths of its currency.
    static func expectedChargeNanos(perThousand campaign: Campaign) -> Int128 {
        let (clicks, conversions, views) = typesPerMille(pricing: campaign.pricing)
        let price = Int128(campaign.priceMicros)
        return switch campaign.pricing {
        case 1: Int128(1000 - clicks - conversions - views) * price
        case 2: Int128(clicks) * price * 1000
        case 3: Int128(conversions) * price * 1000
        default: Int128(views) * price * 1000
        }
    }

    private mutating func eventTime(arrival: Int64) -> Int64 {
        if random.happens(lateShare) {
            // A minute, the allowance of 30 s and the usual jitter have passed: its minute has ended for certain,
            // once the partition's time stands near the clock.
            let most: Int64 = random.below(10) == 0 ? 7_200_000 : 600_000
            return arrival - 100_000 - shape.jitterMilliseconds - random.below(most)
        }
        if random.happens(clockFarAheadShare) {
            // Up to 48 hours ahead is accepted, the bound included.
            return arrival + (random.below(8) == 0 ? 172_800_000 : random.within(3_600_000...172_800_000))
        }
        if random.happens(clockAheadShare) { return arrival + random.below(2000) }
        return arrival - 30 - random.below(1000) * random.below(1000) * shape.jitterMilliseconds / 1_000_000
    }

    private mutating func scheduleAgain(_ record: GeneratedRecord, sends: Int) {
        let kind = random.below(100)
        let delay =
            switch kind {
            case 0..<88: random.within(50...10_000)
            case 88..<97: random.within(10_000...500_000)
            // Longer than the horizon of ten minutes: counted twice, as the contract says.
            default: random.within(660_000...1_500_000)
            }
        pending.insert(record, dueMilliseconds: record.timestampMilliseconds + delay, sends: sends)
    }

    private mutating func scheduleMended(_ record: GeneratedRecord) {
        pending.insert(
            record, dueMilliseconds: record.timestampMilliseconds + random.within(500...20_000), sends: 0)
    }

    private mutating func sendAgain(_ entry: PendingSends.Entry, arrival: Int64) -> GeneratedRecord {
        var record = entry.record
        record.timestampMilliseconds = arrival
        if entry.sends > 0 {
            switch random.below(40) {
            // A producer that stamps the time when it retries, and one whose price has moved meanwhile.
            case 0: record.event.eventTimeMilliseconds = arrival - random.below(1000)
            case 1: record.event.priceMicros += 1
            default: break
            }
            // Some are sent a third time, or more often: each sighting renews what is remembered.
            if random.below(10) == 0 {
                pending.insert(
                    record, dueMilliseconds: arrival + random.within(240_000...580_000), sends: entry.sends + 1)
            }
        }
        return record
    }
}
