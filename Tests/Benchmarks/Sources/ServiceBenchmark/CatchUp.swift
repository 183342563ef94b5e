import Foundation
import LocalServers

/// One service between broker and database at full load.
extension Bench {
    /// What a run measured.
    struct LoadResult {
        var seconds = 0.0
        var secondsFromFirstCommit = 0.0
        var recordsFromFirstCommit: Int64 = 0
        var times: ProcessTimes
        var brokerSeconds = 0.0
        var postgresSeconds = 0.0
        var verdict = ""
        /// Allocations by thread name between the first commit and the last one before the end, and the records between.
        var allocations: [String: UInt64] = [:]
        var allocationRecords: Int64 = 0
    }

    /// Reads a topic that is there from its beginning.
    func catchUp(topic: String, total: Int64, truth: String, counter: String? = nil) async throws -> LoadResult {
        let job = try await job(topic)
        let counters = "\(folder)/\(job.name).allocations"
        let before = serverSeconds
        let start = Self.now()
        let process = try launch(job, preload: counter, counters: counters)
        defer { process.kill() }
        let result = try measure(job, process, total, from: start, before, AllocationTable(path: counters))
        return try await finish(result, job, process, truth)
    }

    /// Reads a topic while it is being written as fast as the generator can.
    func flood(total: Int64, campaigns: Int) async throws -> LoadResult {
        let topic = servers.uniqueName("bench_flood")
        try await sluice(["topics", "create", topic, "--partitions", "16"])
        let job = try await job(topic)
        let process = try launch(job)
        defer { process.kill() }
        let truth = "\(folder)/\(topic).truth"
        let before = serverSeconds
        let generator = try generate([
            "--topic", topic, "--events", "\(total)", "--campaigns", "\(campaigns)", "--truth", truth,
        ])
        let start = Self.now()
        let result = try measure(job, process, total, from: start, before, nil)
        try await generator.wait(timeout: .seconds(120))
        return try await finish(result, job, process, truth)
    }

    private func measure(
        _ job: Job, _ process: ChildProcess, _ total: Int64, from start: Double,
        _ before: (broker: Double, postgres: Double), _ table: AllocationTable?
    ) throws -> LoadResult {
        var first: (at: Double, records: Int64)?
        var begin: (counts: [String: UInt64], records: Int64)?
        var last: (counts: [String: UInt64], records: Int64)?
        try wait(job, process, until: total) { committed in
            if first == nil && committed > 0 { first = (Self.now(), committed) }
            guard let table, committed < total else { return }
            // From the first commit on: what starting and joining the group took is over.
            guard committed > 0, committed != last?.records else { return }
            last = (table.byName(pid: process.pid), committed)
            if begin == nil { begin = last }
        }
        let end = Self.now()
        let after = serverSeconds
        var result = LoadResult(seconds: end - start, times: ProcessTimes(pid: process.pid))
        if let first {
            result.secondsFromFirstCommit = end - first.at
            result.recordsFromFirstCommit = total - first.records
        }
        result.brokerSeconds = after.broker - before.broker
        result.postgresSeconds = after.postgres - before.postgres
        if let begin, let last, last.records > begin.records {
            result.allocationRecords = last.records - begin.records
            for (name, count) in last.counts { result.allocations[name] = count - (begin.counts[name] ?? 0) }
        }
        return result
    }

    private func finish(
        _ result: LoadResult, _ job: Job, _ process: ChildProcess, _ truth: String
    ) async throws -> LoadResult {
        var result = result
        process.signal(SIGTERM)
        try await process.wait(timeout: .seconds(30), killAfterwards: true)
        result.verdict = try await sluice(["verify", "--truth", truth] + job.migrateArguments)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return result
    }
}
