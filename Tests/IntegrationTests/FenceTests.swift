import Foundation
import LocalServers
import Testing

/// A process that was stopped, and whose partitions another one works on, writes nothing when it wakes.
///
/// The same scenario runs with one guard or two left out: it then has to report the damage, or it would not have
/// noticed a guard that is broken.
@Suite(.serialized)
struct FenceTests {
    private static let events = 20_000

    /// What a scenario saw.
    private struct Finding {
        /// The process that had lost its partitions was refused.
        var wasRefused: Bool
        /// What it wrote became visible after its successor had claimed.
        var staleCommit: Bool
        var isExact: Bool
    }

    // pitfall: operations-two-copies
    // pitfall: stalled-owner-wakes
    // assumption: fence
    @Test("A zombie that wakes after its twin's first commit writes nothing: difference 0")
    func zombieInMidStream() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let zombie = try scenario.start("z")
            try await zombie.waitFor("partitions assigned")
            let stream = try scenario.startStream(events: Self.events * 3, rate: 10_000, seed: 21)
            try await until("a third is applied") { try scenario.applied() > Int64(Self.events) }
            zombie.freeze()
            let twin = try scenario.start("z")
            try await twin.waitForFirstCommit()
            zombie.thaw()
            // Kafka tells it that its membership is taken, or the database that its partitions are.
            #expect(try await zombie.ends() == .exited(4))
            try await stream.end()
            try await scenario.expectExact(events: Self.events * 3)
            #expect(try await twin.terminate() == .exited(0))
        }
    }

    /// The zombie's checkpoint is on its way when it is stopped; it reaches the server only after the twin's claim and
    /// before the twin's own commit. Both expect the same offset then: only the epoch tells them apart.
    private func zombieWithACheckpointOnItsWay(without mutants: [String], debug: Bool = true) async throws -> Finding {
        var finding: Finding?
        try await withProxies(2) { scenario, proxies in
            try await scenario.generate(events: Self.events, seed: 22)
            for proxy in proxies { proxy.arm(.holdAtBegin, times: 100) }
            func start(_ proxy: CommitProxy) throws -> Aggregator {
                try scenario.start(
                    "z", mutants: mutants, debug: debug, postgres: proxy.connectionString(scenario.postgres))
            }
            let zombie = try start(proxies[0])
            try await until("the zombie's checkpoint is on its way") { proxies[0].held == 1 }
            zombie.freeze()
            let twin = try start(proxies[1])
            try await until("the twin has claimed, and its checkpoint is on its way") { proxies[1].held == 1 }
            #expect(try scenario.database.number("SELECT min(epoch) FROM \(scenario.progress)") == 2)
            #expect(try scenario.applied() == 0)

            proxies[0].release()
            zombie.thaw()
            let refused = "commit refused: the partition has another owner"
            try await until("the outcome of the zombie's checkpoint is known") {
                try scenario.applied() > 0 || !zombie.logged(refused).isEmpty
            }
            let wasRefused = !zombie.logged(refused).isEmpty
            if wasRefused {
                let line = try await zombie.waitFor("partition stopped")
                let explanation = line["explanation"] ?? ""
                for part in [
                    "\(scenario.topic)/\(line["partition"] ?? "")", "the log's beginning to ", "under epoch 1",
                    "nothing of it was written", "sluice progress",
                ] { #expect(explanation.contains(part), "\(explanation)") }
            }
            let staleCommit = try scenario.applied() > 0
            // At once: a connection that takes nothing for five seconds is given up, and then claimed again.
            proxies[1].release()
            try await until("the outcome of the twin's checkpoint is known") {
                let others = try scenario.database.number(
                    "SELECT count(*) FROM \(scenario.progress) WHERE NOT starts_with(owner, '\(twin.owner)') OR records = 0"
                )
                return others == 0 || !twin.logged(refused).isEmpty
            }
            _ = try await zombie.ends()
            let verification = try await scenario.verification(wait: "30s")
            finding = Finding(wasRefused: wasRefused, staleCommit: staleCommit, isExact: verification.isClean)
            if verification.isClean { try await scenario.expectExact(events: Self.events, wait: "1s") }
            twin.process.kill()
        }
        return try #require(finding)
    }

    // pitfall: stalled-owner-wakes
    // assumption: fence
    @Test("A zombie whose checkpoint is on its way is refused by its epoch", arguments: [false, true])
    func zombieIsRefused(debug: Bool) async throws {
        let finding = try await zombieWithACheckpointOnItsWay(without: [], debug: debug)
        #expect(finding.wasRefused)
        #expect(!finding.staleCommit)
        #expect(finding.isExact)
    }

    @Test("Mutation: without the epoch condition the zombie's checkpoint goes through")
    func zombieWithoutEpochCondition() async throws {
        let finding = try await zombieWithACheckpointOnItsWay(without: ["epoch-condition"])
        #expect(finding.staleCommit)
        #expect(!finding.wasRefused)
    }

    @Test("Mutation: without epoch condition and offset check both checkpoints count, a difference")
    func zombieWithoutAnyCondition() async throws {
        let finding = try await zombieWithACheckpointOnItsWay(without: ["epoch-condition", "expected-offset"])
        #expect(finding.staleCommit)
        #expect(!finding.isExact)
    }

    /// An operator starts the job over, results included, while a checkpoint is on its way: the epoch is the same,
    /// the offset is not.
    private func startedOverUnderACheckpoint(without mutants: [String]) async throws -> Finding {
        var finding: Finding?
        try await withProxies(1) { scenario, proxies in
            let proxy = proxies[0]
            let way = proxy.connectionString(scenario.postgres)
            try await scenario.createTopic()
            let first = try scenario.start("a", mutants: mutants, debug: true, postgres: way)
            try await first.waitFor("partitions assigned")
            let stream = try scenario.startStream(events: Self.events, rate: 8_000, seed: 23)
            try await until("something is committed in every partition") {
                try scenario.database.number("SELECT count(*) FROM \(scenario.progress) WHERE next_offset > 0")
                    == Int64(scenario.partitions)
            }
            proxy.arm(.holdAtBegin)
            try await until("a checkpoint is on its way") { proxy.held == 1 }
            try scenario.database.execute(
                """
                BEGIN;
                SELECT "\(scenario.prefix)spend".forget_partition(partition) FROM \(scenario.progress);
                DELETE FROM \(scenario.deadLetters);
                UPDATE \(scenario.progress) SET next_offset = NULL, stream_time_ms = NULL, watermark = NULL,
                    anchor_offset = NULL, anchor_timestamp_ms = NULL, anchor_hash = NULL, mark_offsets = '{}',
                    mark_stream_times_ms = '{}', records = 0, duplicates = 0, late_events = 0, invalid_events = 0,
                    dead_letters = 0, skipped_offsets = 0;
                COMMIT
                """)
            proxy.release()
            let refused = "commit refused: the partition has another owner"
            try await until("its outcome is known") {
                try scenario.applied() > 0 || !first.logged(refused).isEmpty
            }
            let staleCommit = try scenario.applied() > 0
            try await stream.end()
            try await first.terminate()
            let second = try scenario.start("a", mutants: mutants, debug: true)
            let verification = try await scenario.verification(wait: "30s")
            finding = Finding(
                wasRefused: !first.logged(refused).isEmpty, staleCommit: staleCommit, isExact: verification.isClean)
            second.process.kill()
        }
        return try #require(finding)
    }

    // assumption: fence
    @Test("A checkpoint that started from another offset than the row's is refused")
    func otherOffsetIsRefused() async throws {
        let finding = try await startedOverUnderACheckpoint(without: [])
        #expect(finding.wasRefused)
        #expect(!finding.staleCommit)
        #expect(finding.isExact)
    }

    @Test("Mutation: without the offset check the records before the checkpoint are lost, a difference")
    func withoutOffsetCheck() async throws {
        let finding = try await startedOverUnderACheckpoint(without: ["expected-offset"])
        #expect(finding.staleCommit)
        #expect(!finding.isExact)
    }

    @Test("Mutation: without deduplication repeated events count twice, a difference", arguments: [false, true])
    func withoutDeduplication(isLeftOut: Bool) async throws {
        try await withScenario { scenario in
            try await scenario.generate(events: Self.events, seed: 24, flags: ["--duplicates", "0.01"])
            let process = try scenario.start("a", mutants: isLeftOut ? ["deduplication"] : [], debug: true)
            let verification = try await scenario.verification()
            #expect(verification.isClean == !isLeftOut)
            if isLeftOut { #expect(verification.verdict.hasPrefix("difference ")) }
            try await process.terminate()
        }
    }
}
