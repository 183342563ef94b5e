import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// What goes wrong when partitions change hands and processes end, on real servers.
@Suite(.serialized)
struct OwnerPitfallTests {
    private static let events = 20_000

    // pitfall: revoke-before-commit
    @Test("A revoke waits for the commit on its way: the next owner starts behind it, and nothing counts twice")
    func revokeDuringAHeldCommit() async throws {
        try await withProxies(1) { scenario, proxies in
            let proxy = proxies[0]
            try await scenario.generate(events: Self.events, seed: 81)
            proxy.arm(.holdAtCommit)
            let first = try scenario.start("a", postgres: proxy.connectionString(scenario.postgres))
            try await until("a checkpoint is about to be committed") { proxy.held == 1 }
            let second = try scenario.start("b")
            try await second.waitFor("admin endpoint listens")
            // While the first one may still commit nobody else is given its partitions. Looked at for two seconds: a
            // revoke that were acknowledged at once takes a tenth of that.
            let end = ContinuousClock.now + .seconds(2)
            while ContinuousClock.now < end {
                #expect(second.logged("partitions assigned").isEmpty)
                try await Task.sleep(for: .milliseconds(50))
            }
            let releasedAt = ContinuousClock.now
            proxy.release()
            let assigned = try await second.waitFor("partitions assigned") { $0["partitions"] != "" }
            let took = ContinuousClock.now - releasedAt
            print("revoke during a held commit: the next owner was assigned \(took.inSeconds) s after its release")
            #expect(took < .seconds(10))
            #expect(assigned["topic"] == scenario.topic)
            let revoked = try await first.waitFor("partitions revoked")
            #expect(revoked["lost"] == "false" && revoked["partitions"] == "0,1,2,3")
            #expect(!first.logged("checkpoint committed").isEmpty)
            #expect(first.logged("commit refused: the partition has another owner").isEmpty)
            try await scenario.expectExact(events: Self.events)
            for process in [first, second] { #expect(try await process.terminate() == .exited(0)) }
        }
    }

    // pitfall: shutdown-drain
    @Test("SIGTERM while the database hangs: the process ends within its limit, exit code 124, and nothing is lost")
    func shutdownWithAHungDatabase() async throws {
        try await withProxies(1) { scenario, proxies in
            let proxy = proxies[0]
            try await scenario.generate(events: Self.events, seed: 82)
            proxy.arm(.holdAtCommit, times: 1_000)
            let process = try scenario.start("a", postgres: proxy.connectionString(scenario.postgres))
            try await until("the database hangs") { proxy.held == 1 }
            let startedAt = ContinuousClock.now
            #expect(try await process.terminate(within: .seconds(40)) == .exited(124))
            let took = ContinuousClock.now - startedAt
            #expect(took > .seconds(15) && took < .seconds(27), "\(took)")
            let line = try #require(process.logged("the drain took longer than its limit").first)
            #expect(
                line["level"] == "critical" && line["explanation"]?.contains("read again") == true, "\(line.fields)")
            #expect(try scenario.applied() == 0)
            proxy.release()
            let second = try scenario.start("a")
            try await scenario.expectExact(events: Self.events)
            #expect(try await second.terminate() == .exited(0))
        }
    }

    // pitfall: rebalance-storm
    @Test("Static members that end and come back, in order and killed, move no partition of the others")
    func restartsOfStaticMembers() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let steady = try scenario.start("a")
            var other = try scenario.start("b")
            for process in [steady, other] {
                try await process.waitFor("partitions assigned") { $0["partitions"]?.count == 3 }
            }
            let stream = try scenario.startStream(events: Self.events * 3, rate: 6_000, seed: 83)
            try await until("records are applied") { try scenario.applied() > 0 }
            let before = try #require(try await steady.metric("sluice_consumer_rebalances_total"))
            for round in 0..<6 {
                if round % 2 == 0 { try await other.kill() } else { _ = try await other.terminate() }
                other = try scenario.start("b")
                try await other.waitForFirstCommit()
            }
            #expect(try await steady.metric("sluice_consumer_rebalances_total") == before)
            #expect(try await other.metric("sluice_consumer_rebalances_total") == 1)
            // A third one is a real change: both give partitions up, take others, and count it.
            let third = try scenario.start("c")
            try await third.waitFor("partitions assigned") { $0["partitions"] != "" }
            try await until("it is counted") {
                try await steady.metric("sluice_consumer_rebalances_total") == before + 2
            }
            try await stream.end()
            try await scenario.expectExact(events: Self.events * 3)
            for process in [steady, other, third] { #expect(try await process.terminate() == .exited(0)) }
        }
    }

    // pitfall: lag-tools
    @Test("Lag tools see the committed offset after its transaction, never ahead of it, and in the end the same")
    func groupOffsetsFollowProgress() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let process = try scenario.start("a", checkpoint: "50ms")
            let stream = try scenario.startStream(events: Self.events * 2, rate: 10_000, seed: 84)
            var samples = 0
            try await until("the stream is applied", every: .milliseconds(5)) {
                // The group first: what it says must be in the database by then.
                let group = try await LogReader.groupOffsets(scenario)
                guard !group.isEmpty else { return false }
                let progress = try LogReader.progress(scenario)
                for (partition, offset) in group {
                    #expect(offset <= progress[partition] ?? 0, "partition \(partition)")
                }
                samples += 1
                return try scenario.applied() == Int64(Self.events * 2)
            }
            #expect(samples >= 10)
            try await stream.end()
            try await until("the group has caught up") {
                try await LogReader.groupOffsets(scenario) == LogReader.progress(scenario)
            }
            #expect(try await process.terminate() == .exited(0))
            #expect(try await LogReader.groupOffsets(scenario) == LogReader.progress(scenario))
            try await scenario.expectExact(events: Self.events * 2, wait: "1s")
        }
    }
}
