public import Schemas
public import Streams

/// The business of the spend aggregator: which records can be charged, and what an event adds to its minute.
/// The rules are the contract in proto/sluice/ads/v1/README.md; the order of the checks is part of it.
public struct SpendLogic: EventLogic {
    public typealias Event = AdEvent
    public typealias Output = SpendOutput

    /// An event may lie this far after its record's own timestamp: 48 hours.
    @inlinable public static var maximumLeadMilliseconds: Int64 { 172_800_000 }
    /// 2100-01-01T00:00:00Z, the first moment that is too late.
    @inlinable public static var endOfTimeMilliseconds: Int64 { 4_102_444_800_000 }

    /// The levels finer than the campaign that are kept.
    public let levels: SpendLevels

    /// What budgets leave, for the urgency of checkpoints; nil: no budgets.
    let headroom: BudgetHeadroom?

    public init(levels: SpendLevels = .all, headroom: BudgetHeadroom? = nil) {
        self.levels = levels
        self.headroom = headroom
    }

    public var blankEvent: AdEvent { AdEvent() }

    @inlinable
    public func decode(_ record: Record, into event: inout AdEvent) -> Fault {
        guard let payload = record.value, payload.count > 0 else { return SpendFault.emptyPayload.fault }
        guard AdEventReader.read(payload, into: &event) else { return SpendFault.undecodable.fault }
        return validate(event, recordTimestampMilliseconds: record.timestampMilliseconds)
    }

    @inlinable
    func validate(_ event: AdEvent, recordTimestampMilliseconds: Int64) -> Fault {
        guard event.idLength == 16 else { return SpendFault.eventID.fault }
        guard event.type >= 1 && event.type <= 4 else { return SpendFault.eventType.fault }
        guard event.pricing >= 1 && event.pricing <= 4 else { return SpendFault.pricingModel.fault }
        guard event.priceMicros >= 0 && event.priceMicros <= Charge.maximumPriceMicros else {
            return SpendFault.price.fault
        }
        guard event.currency != .none else { return SpendFault.currency.fault }
        guard
            Self.accepts(
                eventTimeMilliseconds: event.eventTimeMilliseconds,
                recordTimestampMilliseconds: recordTimestampMilliseconds)
        else { return SpendFault.eventTime.fault }
        guard Charge.nanos(of: event) != nil else { return SpendFault.overflow.fault }
        return .none
    }

    /// The contract's rule for the moment that a record speaks of: after 1970, before 2100, and no further ahead of the
    /// record's own timestamp, where there is one, than `maximumLeadMilliseconds`.
    @inlinable
    static func accepts(eventTimeMilliseconds time: Int64, recordTimestampMilliseconds timestamp: Int64) -> Bool {
        guard time > 0 && time < endOfTimeMilliseconds else { return false }
        return timestamp < 0 || time - timestamp <= maximumLeadMilliseconds
    }

    public func reason(of fault: Fault) -> String { SpendFault(rawValue: fault.rawValue)?.code ?? "unknown" }

    @inlinable public func id(of event: AdEvent) -> EventID { EventID(high: event.idHigh, low: event.idLow) }

    @inlinable public func eventTimeMilliseconds(of event: AdEvent) -> Int64 { event.eventTimeMilliseconds }

    @inlinable
    public func apply(_ event: AdEvent, watermark: EventTime, to output: SpendOutput) -> AppliedEvent {
        // Event times are positive here, so the quotients are the windows.
        let minute = event.eventTimeMilliseconds / 60_000
        let charge = SpendCharge(
            event,
            isLate: TumblingWindows(sizeMilliseconds: 60_000).isLate(
                index: minute, watermark: watermark))
        charge.add(
            to: output.table.pointee.aggregate(
                for: SpendKey(
                    advertiserID: event.advertiserID, campaignID: event.campaignID, minute: Int32(minute),
                    currency: event.currency)))
        var key = DimensionKey(
            advertiserID: event.advertiserID, campaignID: event.campaignID, first: event.adGroupID,
            second: event.adID, hour: Int32(minute / 60), currency: event.currency)
        if levels.contains(.ads) { charge.add(to: output.ads.pointee.aggregate(for: key)) }
        key.second = 0
        if levels.contains(.placements) {
            key.first = Int64(event.placement)
            charge.add(to: output.placements.pointee.aggregate(for: key))
        }
        if levels.contains(.countries) {
            key.first = Int64(event.country)
            charge.add(to: output.countries.pointee.aggregate(for: key))
        }
        if event.invalidReason != 0 { return .invalid }
        return charge.late == 0 ? [] : .late
    }

    @inlinable
    public func touch(
        _ events: UnsafePointer<AdEvent>, _ faults: UnsafePointer<Fault>, count: Int, in output: SpendOutput
    ) -> UInt32 {
        var touched: UInt32 = 0
        // First the places of the whole block, then the entries that they name.
        for position in 0..<count where faults[position] == .none {
            touched &+= touchIndexes(events[position], output, &output.hashes[position])
        }
        for position in 0..<count where faults[position] == .none {
            touched &+= touchEntries(output, output.hashes[position])
        }
        return touched
    }

    @inlinable
    @inline(__always)
    func touchIndexes(_ event: AdEvent, _ output: SpendOutput, _ hashes: inout SpendOutput.Hashes) -> UInt32 {
        let minute = Int32(truncatingIfNeeded: event.eventTimeMilliseconds / 60_000)
        hashes.minute =
            SpendKey(
                advertiserID: event.advertiserID, campaignID: event.campaignID, minute: minute, currency: event.currency
            ).groupHash
        var key = DimensionKey(
            advertiserID: event.advertiserID, campaignID: event.campaignID, first: event.adGroupID,
            second: event.adID, hour: minute / 60, currency: event.currency)
        var touched = output.table.pointee.touchIndex(hashes.minute)
        if levels.contains(.ads) {
            hashes.ad = key.groupHash
            touched &+= output.ads.pointee.touchIndex(hashes.ad)
        }
        key.second = 0
        if levels.contains(.placements) {
            key.first = Int64(event.placement)
            hashes.placement = key.groupHash
            touched &+= output.placements.pointee.touchIndex(hashes.placement)
        }
        if levels.contains(.countries) {
            key.first = Int64(event.country)
            hashes.country = key.groupHash
            touched &+= output.countries.pointee.touchIndex(hashes.country)
        }
        return touched
    }

    @inlinable
    @inline(__always)
    func touchEntries(_ output: SpendOutput, _ hashes: SpendOutput.Hashes) -> UInt32 {
        var touched = output.table.pointee.touchEntry(hashes.minute)
        if levels.contains(.ads) { touched &+= output.ads.pointee.touchEntry(hashes.ad) }
        if levels.contains(.placements) { touched &+= output.placements.pointee.touchEntry(hashes.placement) }
        if levels.contains(.countries) { touched &+= output.countries.pointee.touchEntry(hashes.country) }
        return touched
    }

    public func makeOutput() -> SpendOutput { SpendOutput(headroom: headroom) }
}
