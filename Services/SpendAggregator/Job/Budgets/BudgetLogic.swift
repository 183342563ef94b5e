import Schemas
public import Streams

/// Which budgets of campaigns can be used. The rules are the contract in proto/sluice/ads/v1/README.md; the order of the
/// checks is part of it.
///
/// Of a campaign the last change counts, whatever came before: nothing is a duplicate, so the stream's own deduplication
/// is to be off. A version that is older than the stored one is told where it is written, in SQL.
public struct BudgetLogic: EventLogic {
    public typealias Event = BudgetChange
    public typealias Output = BudgetOutput

    /// The largest budget, in billionths of the currency: a thousand million of it.
    public static var maximumBudgetNanos: Int64 { 1_000_000_000_000_000_000 }

    private let timeZones: Set<InlineText<64>>

    /// - Parameter timeZones: the names that a budget may have for its time zone: those that the database knows, because
    ///   it is the database that finds the day (`SELECT name FROM pg_timezone_names`). Names of more than 64 bytes are
    ///   left out.
    public init(timeZones: some Sequence<String>) {
        self.timeZones = Set(timeZones.lazy.map { InlineText($0) }.filter { $0.fits && !$0.isEmpty })
    }

    public var blankEvent: BudgetChange { BudgetChange() }

    public func decode(_ record: Record, into event: inout BudgetChange) -> Fault {
        event = BudgetChange(offset: record.offset, recordTimestampMilliseconds: record.timestampMilliseconds)
        let keyed = record.key.map { CampaignKey.campaignID($0) }
        guard let payload = record.value else {
            guard case .some(.some(let campaignID)) = keyed else { return BudgetFault.campaignKey.fault }
            event.isRemoval = true
            event.budget.campaignID = campaignID
            return .none
        }
        guard payload.count > 0 else { return BudgetFault.emptyPayload.fault }
        guard CampaignBudgetReader.read(payload, into: &event.budget) else { return BudgetFault.undecodable.fault }
        if let keyed, keyed != event.budget.campaignID { return BudgetFault.campaignKey.fault }
        return fault(in: event.budget)?.fault ?? .none
    }

    private func fault(in budget: CampaignBudget) -> BudgetFault? {
        guard budget.currency != .none else { return .currency }
        let amounts = 0...Self.maximumBudgetNanos
        guard amounts.contains(budget.dailyBudgetNanos), amounts.contains(budget.lifetimeBudgetNanos) else {
            return .amount
        }
        guard budget.timeZone.isEmpty || timeZones.contains(budget.timeZone) else { return .timeZone }
        let moments = 0..<SpendLogic.endOfTimeMilliseconds
        guard moments.contains(budget.startsMilliseconds), moments.contains(budget.endsMilliseconds) else {
            return .period
        }
        guard budget.endsMilliseconds == 0 || budget.endsMilliseconds > budget.startsMilliseconds else {
            return .period
        }
        guard budget.version >= 0 else { return .version }
        return nil
    }

    public func reason(of fault: Fault) -> String { BudgetFault(rawValue: fault.rawValue)?.code ?? "unknown" }

    /// Not asked for, because deduplication is off; the version makes two changes of a campaign two.
    public func id(of event: BudgetChange) -> EventID {
        EventID(
            high: UInt64(bitPattern: event.budget.campaignID), low: UInt64(bitPattern: event.budget.version))
    }

    /// A budget has no time of its own: its record's timestamp stands for it. One that is absent does not move the log's
    /// time, and one from 2100 on moves it no further than an event could.
    public func eventTimeMilliseconds(of event: BudgetChange) -> Int64 {
        let timestamp = event.recordTimestampMilliseconds
        return timestamp < 0 ? .min : min(timestamp, SpendLogic.endOfTimeMilliseconds - 1)
    }

    public func apply(_ event: BudgetChange, watermark: EventTime, to output: BudgetOutput) -> AppliedEvent {
        output.append(event)
        return []
    }

    public func makeOutput() -> BudgetOutput { BudgetOutput() }
}
