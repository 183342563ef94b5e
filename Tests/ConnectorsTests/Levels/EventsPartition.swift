import Connectors
import Postgres
import Schemas
import SpendAggregatorJob
import Streams

/// The owner of one partition of events, who commits one cut after the other as a worker does. For one thread.
final class EventsPartition {
    let store: PostgresCheckpointStore<SpendOutput>
    let number: Int32
    private var claim: Claim
    private(set) var nextOffset: Int64 = 0
    private var streamTime = EventTime.distantPast

    /// The watermark that was committed last.
    var watermark: EventTime { streamTime.minus(milliseconds: 30_000) }

    init(
        _ fixture: StoreFixture, _ number: Int32 = 0, owner: String? = nil, headroom: BudgetHeadroom? = nil
    ) throws {
        var configuration = fixture.configuration
        configuration.lockTimeoutMilliseconds = 60_000
        store = PostgresCheckpointStore(
            configuration, names: fixture.names,
            identity: .init(job: "job", topic: "topic", owner: owner ?? "owner-\(number)"),
            settings: StreamSettings(), writer: SpendWriter(fixture.names, headroom: headroom))
        self.number = number
        claim = try store.claim([Partition(number)])[0]
    }

    /// Commits events as one checkpoint. The log's time moves to `streamTime` where that is later.
    ///
    /// - Returns: for each event whether it was judged late.
    @discardableResult
    func commit(_ events: [AdEvent], streamTime moved: Int64? = nil) throws -> [Bool] {
        let (cut, late) = prepare(events, streamTime: moved)
        try store.commit(Checkpoint(cuts: [cut]))
        took(cut)
        return late
    }

    /// The cut that would be committed, for tests that write it themselves.
    func prepare(_ events: [AdEvent], streamTime moved: Int64? = nil) -> (PartitionCut<SpendOutput>, [Bool]) {
        let output = PartitionOutput(SpendOutput())
        let logic = SpendLogic()
        let before = watermark
        let late = events.map { event in
            _ = logic.apply(event, watermark: before, to: output.output)
            return event.invalidReason == 0 && (event.eventTimeMilliseconds / 60_000 + 1) * 60_000 <= before.rawValue
        }
        var progress = claim.progress
        progress.nextOffset = Offset(nextOffset + Int64(events.count))
        if let moved { progress.streamTime = max(streamTime, EventTime(milliseconds: moved)) }
        let cut = PartitionCut(
            partition: claim.partition, epoch: claim.epoch, expectedNextOffset: claim.progress.nextOffset,
            progress: progress, closedUntil: before, output: output, records: Int64(events.count))
        return (cut, late)
    }

    func took(_ cut: PartitionCut<SpendOutput>) {
        claim.progress = cut.progress
        nextOffset = cut.progress.nextOffset?.rawValue ?? 0
        streamTime = cut.progress.streamTime
    }
}

/// A click that costs so many nanos, which must be whole thousands.
func click(
    _ nanos: Int64, campaign: Int64 = 70, advertiser: Int64 = 7, at milliseconds: Int64, currency: String = "EUR"
) -> AdEvent {
    AdEvent(
        idHigh: 1, idLow: 2, idLength: 16, eventTimeMilliseconds: milliseconds, advertiserID: advertiser,
        campaignID: campaign, type: 2, pricing: 2, priceMicros: nanos / 1_000, currency: CurrencyCode(currency)!)
}

/// A moment of UTC in milliseconds of Unix time. Written out here, so that no calendar of a library has a say.
func utc(
    _ year: Int64, _ month: Int64, _ day: Int64, _ hour: Int64 = 0, _ minute: Int64 = 0, _ second: Int64 = 0
) -> Int64 {
    // Howard Hinnant, "chrono-compatible low-level date algorithms": days_from_civil.
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1_000
}
