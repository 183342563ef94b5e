/// The events of a difference, decoded, with what the contract makes of each: read from the log again.
public enum EventExplanation {
    /// A line for each event that a difference lists, in its order.
    ///
    /// - Parameters:
    ///   - scope: the report's: where each partition was recounted from.
    ///   - trace: over the topic of events. Adjustments are explained from `ledger`.
    public static func lines(
        of difference: ReconciliationReport.Difference, scope: ReconciliationReport.Scope, trace: any EventTracing,
        ledger: (any RecountedLedger)? = nil
    ) throws -> [String] {
        var found: [ReconciliationReport.EventPlace: String] = [:]
        let events = difference.events.filter { $0.topic == scope.topic }
        for (partition, places) in Dictionary(grouping: events, by: \.partition).sorted(by: { $0.key < $1.key }) {
            let offsets = Set(places.map(\.offset))
            let from = scope.partitions.first { $0.topic == scope.topic && $0.partition == partition }?.fromOffset ?? 0
            guard let last = offsets.max(), last >= from else { continue }
            try trace.trace(partition, from: from, to: last + 1, wants: { offsets.contains($0.offset) }) {
                event, verdict in
                let place = ReconciliationReport.EventPlace(
                    topic: scope.topic, partition: partition, offset: event.offset)
                found[place] = "\(describe(event)): \(describe(verdict))"
            }
        }
        for copies in ledger?.copies.values ?? [:].values {
            for given in copies {
                found[.init(topic: scope.adjustmentsTopic ?? "", partition: given.partition, offset: given.offset)] =
                    describe(given)
            }
        }
        return difference.events.map { place in
            let what = found[place] ?? "the log has no record there"
            return "\(place.topic) \(place.partition)/\(place.offset)  \(what)"
        }
    }

    static func describe(_ event: RecountedEvent) -> String {
        let stamp = event.timestamp >= 0 ? CivilTime(milliseconds: event.timestamp).iso : "none"
        guard event.isDecoded else { return "no event, record timestamp \(stamp)" }
        let country = event.country.isEmpty ? "none" : event.country
        let invalid = event.invalidReason == 0 ? "" : ", invalid reason \(event.invalidReason)"
        return "\(event.typeName) \(event.pricingName) price \(event.priceMicros) micros \(event.currencyText), "
            + "event time \(CivilTime(milliseconds: event.eventTime).iso), record timestamp \(stamp), id \(event.id), "
            + "advertiser \(event.advertiser), campaign \(event.campaign), ad group \(event.adGroup), ad \(event.ad), "
            + "placement \(event.placement), country \(country)\(invalid)"
    }

    static func describe(_ verdict: EventVerdict) -> String {
        func late(_ isLate: Bool) -> String { isLate ? ", late" : "" }
        return switch verdict {
        case .counted(let isLate): "counted\(late(isLate))"
        case .invalid: "invalid traffic, counted as such and not charged"
        case .duplicate(let offset, let gap):
            "removed, a copy of offset \(offset), \(gap) ms of the log's time after it"
        case .countedAgain(let offset, let gap, let isLate):
            "counted again\(late(isLate)): a copy of offset \(offset), \(gap) ms after it, beyond the horizon"
        case .deadLetter(let fault): "a dead letter: \(fault.code)"
        }
    }

    private static func describe(_ given: RecountedAdjustment) -> String {
        "adjustment \(given.id.text) of \(given.amountNanos) nanos \(given.currency), event time "
            + "\(CivilTime(milliseconds: given.eventTime).iso), advertiser \(given.advertiser), campaign \(given.campaign), "
            + "ad group \(given.adGroup), ad \(given.ad), reason \(given.reason), reference \(given.reference)"
    }
}
