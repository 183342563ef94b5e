import Schemas
import SpendAggregatorJob
import Streams
import TestKit

/// The reader of adjustments, the model of Google's rules and the generated code on the same bytes, and back through the
/// writer; and of what the job accepts, that it holds what the contract says, told by other means than the job's.
func fuzzAdjustment(_ bytes: UnsafeRawBufferPointer) {
    let payload = Array(bytes)
    // In place: libFuzzer's memory ends where the input ends, so that a read beyond it is seen.
    let finding = WireComparison.adjustment.finding(bytes)
    require(finding == nil, "\(finding ?? ""): \(shown(payload))")

    let (entry, fault) = judged(AdjustmentLogic(), payload, key: nil, timestamp: timestamp)
    let read = WireComparison.adjustment.read(bytes)
    require((fault == AdjustmentFault.emptyPayload.fault) == payload.isEmpty, "empty: \(shown(payload))")
    if !payload.isEmpty {
        require((fault == AdjustmentFault.undecodable.fault) == (read == nil), "undecodable: \(shown(payload))")
    }
    guard fault == .none else { return }
    let adjustment = entry.adjustment
    require(adjustment == read, "another adjustment than was read: \(shown(payload))")
    require(adjustment.idLength == 16 && adjustment.currency.isValid, "an id or currency: \(adjustment)")
    require((1...1_000_000_000_000_000_000).contains(adjustment.amountNanos.magnitude), "an amount: \(adjustment)")
    let time = adjustment.eventTimeMilliseconds
    require(time > 0 && time <= timestamp + 48 * 3_600_000, "an event time: \(adjustment)")
    let reason = adjustment.reason.bytes.map { Character(UnicodeScalar($0)) }
    require((1...64).contains(adjustment.reason.count) && reason.first != " " && reason.last != " ", "a reason")
    require(reason.allSatisfy { $0.isASCII && ($0 == " " || !$0.isWhitespace) }, "a reason: \(adjustment)")
    requirePlain(reason.map { String($0) }.joined())
    requirePlain(String(validating: adjustment.reference.bytes, as: UTF8.self))
    require(adjustment.reference.count <= 128, "a reference: \(adjustment)")
}

/// The same for budgets, and the keys of their records.
func fuzzBudget(_ bytes: UnsafeRawBufferPointer) {
    let payload = Array(bytes)
    let finding = WireComparison.budget.finding(bytes)
    require(finding == nil, "\(finding ?? ""): \(shown(payload))")

    let logic = BudgetLogic(timeZones: ["UTC", "Europe/Berlin"])
    let key = requireKey(payload, logic)
    let (change, fault) = judged(logic, payload, key: nil, timestamp: timestamp)
    let read = WireComparison.budget.read(bytes)
    require((fault == BudgetFault.emptyPayload.fault) == payload.isEmpty, "empty: \(shown(payload))")
    if !payload.isEmpty {
        require((fault == BudgetFault.undecodable.fault) == (read == nil), "undecodable: \(shown(payload))")
    }
    guard fault == .none else { return }
    let budget = change.budget
    require(budget == read && !change.isRemoval, "another budget than was read: \(shown(payload))")
    require(budget.currency.isValid && budget.version >= 0, "a currency or version: \(budget)")
    let most: Int64 = 1_000_000_000_000_000_000
    require(
        (0...most).contains(budget.dailyBudgetNanos) && (0...most).contains(budget.lifetimeBudgetNanos), "\(budget)")
    require(["", "UTC", "Europe/Berlin"].contains(budget.timeZone.description), "a time zone: \(budget)")
    let (starts, ends) = (budget.startsMilliseconds, budget.endsMilliseconds)
    require(starts >= 0 && (ends == 0 || ends > starts) && max(starts, ends) < 4_102_444_800_000, "a period: \(budget)")

    // With its own key it is the same; with another one it is refused.
    let own = Array("\(budget.campaignID)".utf8)
    require(judged(logic, payload, key: own, timestamp: timestamp).fault == .none, "its own key: \(budget)")
    if key != budget.campaignID {
        let fault = judged(logic, payload, key: payload, timestamp: timestamp).fault
        require(fault == BudgetFault.campaignKey.fault, "another key: \(budget)")
    }
}

/// The bytes as the key of a tombstone: the campaign that they name, if they do.
private func requireKey(_ key: [UInt8], _ logic: BudgetLogic) -> Int64? {
    let number = String(validating: key, as: UTF8.self).flatMap { text in
        Int64(text).flatMap { same("\($0)", text) ? $0 : nil }
    }
    require(key.withUnsafeBytes { CampaignKey.campaignID($0) } == number, "a key: \(shown(key))")
    let (change, fault) = judged(logic, nil, key: key, timestamp: -1)
    if let number {
        require(fault == .none && change.isRemoval, "a tombstone: \(shown(key))")
        require(change.budget == CampaignBudget(campaignID: number), "a tombstone: \(shown(key))")
    } else {
        require(fault == BudgetFault.campaignKey.fault, "a tombstone: \(shown(key))")
    }
    return number
}

/// Text without control characters.
private func requirePlain(_ text: String?) {
    require(
        text?.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control } == true, "\(text ?? "no UTF-8")")
}

/// 2026-01-01T00:00:00Z.
private let timestamp: Int64 = 1_767_225_600_000

private func judged<Logic: EventLogic>(
    _ logic: Logic, _ payload: [UInt8]?, key: [UInt8]?, timestamp: Int64
) -> (event: Logic.Event, fault: Fault) {
    let entry = SimulatedLog.Entry(
        offset: Offset(0), timestampMilliseconds: timestamp, key: key, value: payload)
    return RecordBlock([(Partition(0), entry)]).withRecords { records in
        var event = logic.blankEvent
        let fault = logic.decode(records[0], into: &event)
        return (event, fault)
    }
}
