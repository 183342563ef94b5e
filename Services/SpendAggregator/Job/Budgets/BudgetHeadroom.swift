import Streams
import Synchronization

/// How much more each campaign may be charged before a signal is due, as the last judgement of its budget said: tells the
/// worker that a checkpoint is urgent.
///
/// A hint and no more. What is signalled is decided in the database; where this is out of date, because a budget or the
/// campaign's spend was changed by another process, a signal comes with the ordinary checkpoint. Written on the committer's
/// thread, read on the worker's.
public final class BudgetHeadroom: Sendable {
    /// Campaigns that are remembered; beyond that all are forgotten, and judged again as they come.
    static let maximumCampaigns = 1_000_000

    private let nanos = Mutex<[Int64: Int128]>([:])

    public init() {}

    /// What a judgement said of these campaigns.
    ///
    /// - Parameter headroom: nanos until the next threshold, for those that have one ahead of them.
    public func judged(_ campaigns: [Int64], headroom: [Int64: Int128]) {
        nanos.withLock { nanos in
            if nanos.count + campaigns.count > Self.maximumCampaigns { nanos.removeAll() }
            for campaign in campaigns { nanos[campaign] = headroom[campaign] ?? .max }
        }
    }

    /// Whether charges use up what a campaign has left, or are a campaign's that was never judged.
    func isUsedUp(by rows: UnsafeMutableBufferPointer<SpendOutput.Minutes.Entry>) -> Bool {
        nanos.withLock { nanos in
            // A campaign has a row or two, seldom more.
            var charged: [Int64: Int128] = [:]
            for row in rows {
                guard let left = nanos[row.key.campaignID] else { return true }
                guard left < .max else { continue }
                let sum = charged[row.key.campaignID, default: 0] + row.aggregate.spendNanos
                if sum >= left { return true }
                charged[row.key.campaignID] = sum
            }
            return false
        }
    }
}
