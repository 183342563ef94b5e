import Foundation
import Synchronization

/// From a kill to the first commit of the process that was started in its place.
enum KillTimes {
    private static let times = Mutex<[Double]>([])

    static func note(_ time: Duration) { times.withLock { $0.append(time.inSeconds) } }

    static var summary: String {
        let sorted = times.withLock { $0 }.sorted()
        guard !sorted.isEmpty else { return "no kills" }
        func quantile(_ share: Double) -> String {
            String(format: "%.2f", sorted[min(sorted.count - 1, Int(share * Double(sorted.count)))])
        }
        return "kill to first commit, \(sorted.count) kills, seconds: least \(quantile(0)), median \(quantile(0.5)), "
            + "p90 \(quantile(0.9)), most \(quantile(1))"
    }
}
