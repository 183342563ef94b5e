import Foundation
import Glibc
import LocalServers

/// How long it takes until an event is a committed row, and until a killed service commits again.
extension Bench {
    /// Sends records at a steady rate with real timestamps and watches the progress rows.
    ///
    /// A row says the timestamp of its partition's last applied record. When it moves from a to b at a time t, the
    /// records from a to b became visible at t, evenly aged from t - a down to t - b: the rate is steady. Each
    /// partition's interval counts with its records. What is seen is late by up to the pause between two looks.
    func freshness(rate: Int64, seconds: Int64, campaigns: Int) async throws -> (ages: Ages, times: ProcessTimes) {
        let topic = servers.uniqueName("bench_live")
        try await sluice(["topics", "create", topic, "--partitions", "16"])
        let job = try await job(topic)
        let process = try launch(job)
        defer { process.kill() }
        let total = rate * seconds
        let generator = try generate([
            "--topic", topic, "--events", "\(total)", "--campaigns", "\(campaigns)", "--rate", "\(rate)", "--start",
            "now", "--no-truth",
        ])
        defer { generator.kill() }
        var ages = Ages()
        var last: [Int64: Row] = [:]
        var committed: Int64 = 0
        let deadline = Self.now() + Double(seconds) + 60
        while committed < total {
            let rows = try progress(job)
            let now = Self.unixMilliseconds()
            for row in rows {
                if let before = last[row.partition], row.next > before.next {
                    ages.add(
                        from: now - Double(before.timestampMilliseconds), to: now - Double(row.timestampMilliseconds),
                        records: row.next - before.next)
                }
                last[row.partition] = row
            }
            committed = rows.reduce(0) { $0 + $1.next }
            guard Self.now() < deadline, process.isRunning else {
                throw BenchError("\(committed) of \(total): \(process.lines.suffix(5).joined(separator: "\n"))")
            }
            usleep(5_000)
        }
        let times = ProcessTimes(pid: process.pid)
        process.signal(SIGTERM)
        try await process.wait(timeout: .seconds(30), killAfterwards: true)
        return (ages, times)
    }

    /// Kills the service again and again while records come, and starts it at once under the same name.
    ///
    /// - Parameter ids: events that lie within the deduplication horizon of 10 minutes all the time.
    /// - Returns: milliseconds from SIGKILL to the first commit of the next process, one for each kill.
    func kills(_ count: Int, ids: Int64, campaigns: Int) async throws -> [Double] {
        let topic = servers.uniqueName("bench_kill")
        let rate = max(1, ids / 600)
        // Twelve minutes that end now, then the same rate live.
        try await sluice([
            "generate", "--quiet", "--no-truth", "--topic", topic, "--events", "\(rate * 720)", "--campaigns",
            "\(campaigns)", "--start", "now-12m", "--span", "12m",
        ])
        let job = try await job(topic)
        var process = try launch(job)
        defer { process.kill() }
        let live = try generate([
            "--append", "--topic", topic, "--events", "\(rate * 3_600)", "--campaigns", "\(campaigns)", "--rate",
            "\(rate)", "--start", "now", "--seed", "2",
        ])
        defer { live.kill() }
        try wait(job, process, until: rate * 725)
        var result: [Double] = []
        for number in 0..<count {
            // Once more than the catch-up commits, at a moment that differs from kill to kill.
            let reached = try committed(job)
            try wait(job, process, until: reached + rate)
            usleep(UInt32(number * 137 % 1_000) * 1_000)
            let killed = Self.now()
            process.kill()
            process = try launch(job)
            // The killed process may have left a COMMIT on its way. The claim waits for its locks, so what is
            // committed once the new process owns the rows is all that the old one did.
            let before = try committedAtClaim(job, process)
            try wait(job, process, until: before + 1)
            result.append((Self.now() - killed) * 1_000)
        }
        process.signal(SIGTERM)
        try await process.wait(timeout: .seconds(30), killAfterwards: true)
        return result
    }
}

extension Bench {
    /// Waits until a process has claimed its partitions and returns the records that were committed by then.
    private func committedAtClaim(_ job: Job, _ process: ChildProcess) throws -> Int64 {
        let deadline = Self.now() + 60
        while true {
            let rows = try progress(job)
            if rows.contains(where: { $0.owner.contains("/\(process.pid)/") }) {
                return rows.reduce(0) { $0 + $1.next }
            }
            guard Self.now() < deadline, process.isRunning else { throw BenchError("nothing was claimed") }
            usleep(2_000)
        }
    }
}

/// Ages of records at their commit, in milliseconds: intervals of evenly spread ages, each with a number of records.
struct Ages {
    private var histogram = [Double](repeating: 0, count: 60_000)
    private(set) var records: Int64 = 0

    mutating func add(from oldest: Double, to newest: Double, records: Int64) {
        self.records += records
        let low = min(max(Int(newest), 0), histogram.count - 1)
        let high = min(max(Int(oldest), low), histogram.count - 1)
        let share = Double(records) / Double(high - low + 1)
        for millisecond in low...high { histogram[millisecond] += share }
    }

    /// The age that this share of the records does not exceed.
    func quantile(_ share: Double) -> Int {
        let target = share * histogram.reduce(0, +)
        var sum = 0.0
        for (millisecond, count) in histogram.enumerated() {
            sum += count
            if sum >= target { return millisecond }
        }
        return histogram.count
    }
}
