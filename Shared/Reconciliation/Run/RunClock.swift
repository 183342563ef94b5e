import Glibc

/// What a reconciliation takes, from its beginning to `finish`.
struct RunClock {
    private let wall = Self.milliseconds(CLOCK_MONOTONIC)
    private let cpu = Self.milliseconds(CLOCK_PROCESS_CPUTIME_ID)

    /// Notes when it was made and what it took.
    func finish(_ report: inout ReconciliationReport) {
        report.createdAtMilliseconds = Self.milliseconds(CLOCK_REALTIME)
        report.cost.wallMilliseconds = Self.milliseconds(CLOCK_MONOTONIC) - wall
        report.cost.cpuMilliseconds = Self.milliseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu
    }

    private static func milliseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
