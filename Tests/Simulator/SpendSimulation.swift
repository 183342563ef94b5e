import Schemas
public import SpendAggregatorJob
import Streams
public import TestKit

/// The spend job in a simulated world.
public enum SpendSimulation {
    /// Without the finer levels: the simulated database keeps minutes, and its limits count one row a record.
    public static var job: SimulatedJob<SpendLogic> { SimulatedJob(logic: SpendLogic(levels: []), rows: rows) }

    /// The same with its topic declared compacted: where the last applied record is gone, older ones are compared.
    public static var compactedJob: SimulatedJob<SpendLogic> {
        var job = job
        job.isCompacted = true
        return job
    }

    /// What a checkpoint adds to each row.
    static func rows(of output: SpendOutput) -> [ResultKey: ResultRow] {
        output.withSortedRows { entries in
            var rows: [ResultKey: ResultRow] = [:]
            rows.reserveCapacity(entries.count)
            for entry in entries {
                let key = ResultKey(
                    advertiser: entry.key.advertiserID, campaign: entry.key.campaignID,
                    minute: Int64(entry.key.minute), currency: entry.key.currency.rawValue)
                var row = ResultRow()
                row.impressions = Int64(entry.aggregate.impressions)
                row.clicks = Int64(entry.aggregate.clicks)
                row.conversions = Int64(entry.aggregate.conversions)
                row.videoViews = Int64(entry.aggregate.videoViews)
                row.invalidEvents = Int64(entry.aggregate.invalidEvents)
                row.lateEvents = Int64(entry.aggregate.lateEvents)
                row.spendNanos = entry.aggregate.spendNanos
                rows[key] = row
            }
            return rows
        }
    }
}
