/// Which hours of event time are to be compared, and when everything is.
///
/// An hour is due once the watermark has passed its end, and again when late events, or differences, have changed it.
struct ClosingPlan: Equatable {
    private static let hour: Int64 = 3_600_000
    /// The end of the last hour that was compared, in milliseconds; hours before it have been closed.
    private(set) var lastClosed: Int64?
    private var lastFull: Int64?
    private(set) var isLoaded = false
    /// The last full hour that the watermark has passed: its end.
    private var closable: Int64?
    private var again: Set<Int64> = []
    private var lastAgain: Int64?
    /// Late events come all the time: what they change is compared again this often, and not after each of them.
    private static let againMilliseconds: Int64 = 300_000

    /// What earlier processes have compared.
    mutating func load(lastClosed: Int64?, lastFull: Int64?) {
        self.lastClosed = lastClosed
        self.lastFull = lastFull
        isLoaded = true
    }

    /// - Parameters:
    ///   - watermark: up to where every partition has delivered what it had; nil before the first event.
    ///   - touched: hours that have got events since the last comparison.
    ///   - open: hours whose last comparison found differences.
    mutating func note(watermark: Int64?, touched: Set<Int64>, open: [Int64]) {
        if let watermark { closable = max(closable ?? .min, watermark - watermark % Self.hour) }
        guard let lastClosed else { return }
        again.formUnion(touched.filter { $0 < lastClosed })
        again.formUnion(open.filter { $0 < lastClosed })
    }

    /// Before the first hour is closed everything is compared once: nobody knows where the log's first hours are.
    func isFullDue(_ now: Int64, every interval: Int64) -> Bool {
        guard closable != nil else { return false }
        return lastClosed == nil || lastFull.map { now - $0 >= interval } ?? true
    }

    mutating func comparedInFull(at now: Int64, watermark: Int64?, hasCompared: Bool) {
        guard hasCompared else { return }
        lastFull = now
        again = []
        // Every hour that was over is in it.
        if let watermark { lastClosed = max(lastClosed ?? .min, watermark - watermark % Self.hour) }
    }

    /// Starts of the hours to compare: those that were touched again, then those that are over.
    mutating func dueHours(_ now: Int64) -> [Int64] {
        guard let lastClosed, let closable else { return [] }
        let over = Array(stride(from: lastClosed, to: closable, by: Int(Self.hour)))
        let isTimeForAgain = lastAgain.map { now - $0 >= Self.againMilliseconds } ?? true
        guard !again.isEmpty, isTimeForAgain || !over.isEmpty else { return over }
        lastAgain = now
        return again.sorted() + over
    }

    mutating func closed(_ start: Int64) {
        again.remove(start)
        if start == lastClosed { lastClosed = start + Self.hour }
    }

    /// When the oldest hour that is over was over, by the wall clock: how long it has been waiting since. Nil: none waits.
    var waitingSince: Int64? {
        guard let lastClosed, let closable, lastClosed < closable else { return nil }
        return lastClosed + Self.hour
    }
}
