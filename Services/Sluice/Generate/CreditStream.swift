/// Credits for events of a stream that turn out to be invalid traffic after they were charged, in the order in which they
/// are sent: each a while after its event, some of them twice. Its random numbers are its own, so that the events are the
/// same with credits and without.
struct CreditStream {
    private struct Entry {
        var dueMilliseconds: Int64
        var credit: Credit
        var isRepeat: Bool
    }

    /// How long after the event a credit is sent, and after the credit its repeat.
    private static let delayMilliseconds: Int64 = 2_000

    private let share: Share
    private let repeatedShare = Share(0.125)
    private var random: SeededRandom
    /// Due later and later, because each waits equally long.
    private var waiting: [Entry] = []
    private var first = 0

    init(share: Double, seed: UInt64) {
        self.share = Share(share)
        random = SeededRandom(seed: SeededRandom.mix(seed ^ 0xC4ED_1750_0AD5_1A7E))
    }

    /// Sees a record of the stream, which may have to be credited.
    mutating func observe(_ record: GeneratedRecord) {
        let event = record.event
        guard event.invalidReason == 0, TruthKeeper.fault(of: record) == nil else { return }
        let charge = TruthKeeper.chargeNanos(of: event)
        guard charge > 0, random.happens(share) else { return }
        let id = event.idBytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let credit = Credit(
            idHigh: random.next(), idLow: random.next(), eventTimeMilliseconds: event.eventTimeMilliseconds,
            advertiser: event.advertiser, campaign: event.campaign, adGroup: event.adGroup, ad: event.ad,
            amountNanos: -Int64(charge), currency: event.currency, reason: "invalid_traffic", reference: "event \(id)",
            partition: record.partition)
        append(credit, after: record.timestampMilliseconds)
    }

    /// A credit of a campaign as a whole, beside those of events.
    mutating func refund(_ campaign: Campaign, nanos: Int64, atMilliseconds time: Int64) {
        append(
            Credit(
                idHigh: random.next(), idLow: random.next(), eventTimeMilliseconds: time,
                advertiser: campaign.advertiser, campaign: campaign.id, amountNanos: -nanos,
                currency: campaign.currency,
                reason: "refund", reference: "case \(campaign.id)", partition: campaign.partition), after: time)
    }

    /// The next credit that is due; nil where none is.
    ///
    /// - Parameter time: the stream's; nil takes whatever waits.
    mutating func next(dueAtMilliseconds time: Int64?) -> (credit: Credit, timestampMilliseconds: Int64)? {
        guard first < waiting.count, time.map({ waiting[first].dueMilliseconds <= $0 }) ?? true else { return nil }
        let entry = waiting[first]
        first += 1
        if first >= 1_024, first * 2 >= waiting.count {
            waiting.removeSubrange(..<first)
            first = 0
        }
        // Producers that are not certain of a send send again.
        if !entry.isRepeat, random.happens(repeatedShare) {
            append(entry.credit, after: max(entry.dueMilliseconds, waiting.last?.dueMilliseconds ?? 0), isRepeat: true)
        }
        return (entry.credit, entry.dueMilliseconds)
    }

    private mutating func append(_ credit: Credit, after time: Int64, isRepeat: Bool = false) {
        waiting.append(
            Entry(dueMilliseconds: time + Self.delayMilliseconds, credit: credit, isRepeat: isRepeat))
    }
}
