import Schemas
import SpendAggregatorJob
import Streams
import TestKit

/// A row's key that a dictionary can hold.
struct RowKey: Hashable {
    var advertiser: Int64
    var campaign: Int64
    var minute: Int32
    var currency: UInt32

    init(_ key: SpendKey) {
        advertiser = key.advertiserID
        campaign = key.campaignID
        minute = key.minute
        currency = key.currency.rawValue
    }
}

/// The results as the database would hold them: a row a partition and key.
struct SpendTables: SimulatedTables {
    private var rows: [Partition: [RowKey: ContractVector.Row]] = [:]

    mutating func add(_ output: SpendOutput, of partition: Partition) {
        output.withSortedRows { entries in
            for entry in entries {
                let key = RowKey(entry.key)
                var row =
                    rows[partition]?[key]
                    ?? ContractVector.Row(
                        advertiserID: entry.key.advertiserID, campaignID: entry.key.campaignID,
                        minuteMilliseconds: Int64(entry.key.minute) * 60_000, currency: entry.key.currency.description,
                        impressions: 0, clicks: 0, conversions: 0, videoViews: 0, invalidEvents: 0, spendNanos: 0,
                        lateEvents: 0)
                row.impressions += Int64(entry.aggregate.impressions)
                row.clicks += Int64(entry.aggregate.clicks)
                row.conversions += Int64(entry.aggregate.conversions)
                row.videoViews += Int64(entry.aggregate.videoViews)
                row.invalidEvents += Int64(entry.aggregate.invalidEvents)
                row.lateEvents += Int64(entry.aggregate.lateEvents)
                row.spendNanos += entry.aggregate.spendNanos
                rows[partition, default: [:]][key] = row
            }
        }
    }

    mutating func remove(_ partition: Partition) { rows[partition] = nil }

    /// A partition's rows in the order in which results are compared.
    func rows(of partition: Partition) -> [ContractVector.Row] {
        (rows[partition] ?? [:]).values.sorted(by: ContractVector.Row.precedes)
    }
}

/// What a database holds of one partition, in the terms of the judge.
func verdict(of database: SimulatedDatabase<SpendTables>, _ partition: Partition) -> ReferenceJudge.Verdict {
    let progress = database.progress[partition]?.progress ?? PartitionProgress()
    var verdict = ReferenceJudge.Verdict()
    verdict.rows = database.tables.rows(of: partition)
    verdict.deadLetters = database.deadLetters(of: partition).map {
        ContractVector.DeadLetter(offset: $0.offset.rawValue, reason: $0.reason)
    }
    verdict.duplicates = progress.counters.duplicates
    verdict.late = progress.counters.late
    verdict.invalid = progress.counters.invalid
    verdict.records = progress.counters.records
    return verdict
}

extension ReferenceJudge.Verdict {
    /// With the times as a progress row has them.
    func with(streamTime: EventTime, outOfOrderness: Int64) -> Self {
        var verdict = self
        verdict.streamTimeMilliseconds = streamTime == .distantPast ? nil : streamTime.milliseconds
        verdict.watermarkMilliseconds = verdict.streamTimeMilliseconds.map { $0 - outOfOrderness }
        return verdict
    }
}
