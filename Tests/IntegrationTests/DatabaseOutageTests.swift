import Foundation
import Glibc
import LocalServers
import Testing

/// PostgreSQL goes away in every way while the service writes to it.
@Suite(.serialized)
struct DatabaseOutageTests {
    private static let events = 40_000

    // pitfall: operations-liveness
    // assumption: one-database
    @Test("PostgreSQL ends as in a crash and starts again, three times in mid-stream: difference 0")
    func crashes() async throws {
        try await withLocalPostgres { server in
            try await withScenario(postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a")
                try await process.waitFor("partitions assigned")
                let stream = try scenario.startStream(events: Self.events * 3, rate: 6_000, seed: 31)
                for crash in 1...3 {
                    let moment = Int64(Self.events * 3 * crash / 12)
                    try await until("\(moment) records applied") { try scenario.applied() >= moment }
                    let failures = process.logged("commit failed and is tried again").count
                    let recoveries = process.logged("commits go through again").count
                    try await server.stop(mode: .immediate)
                    try await until("the service has noticed crash \(crash)") {
                        process.logged("commit failed and is tried again").count > failures
                    }
                    // A slow machine must not come to the stream's end before the last crash.
                    stream.process.signal(SIGSTOP)
                    try await until("readiness says so") {
                        let ready = try await process.get("/healthz/ready")
                        return ready.status == 503 && ready.body.contains("postgres")
                    }
                    #expect(try await process.get("/healthz/live").status == 200)
                    try await startAgain { try await server.start() }
                    stream.process.signal(SIGCONT)
                    try await until("commits go through after crash \(crash)") {
                        process.logged("commits go through again").count > recoveries
                    }
                }
                try await stream.end()
                try await scenario.expectExact(events: Self.events * 3)
                #expect(try await process.get("/healthz/ready").status == 200)
                #expect(try await process.terminate() == .exited(0))
            }
        }
    }

    // pitfall: commit-reply-lost
    @Test(
        "A connection that is cut around the COMMIT is claimed again, and what the row says is the answer",
        arguments: [CommitProxy.Fault.cutBeforeCommit, .cutAfterCommit])
    func cutAroundCommit(fault: CommitProxy.Fault) async throws {
        try await withProxies(1) { scenario, proxies in
            let proxy = proxies[0]
            try await scenario.createTopic()
            let process = try scenario.start("a", postgres: proxy.connectionString(scenario.postgres))
            try await process.waitFor("partitions assigned")
            let stream = try scenario.startStream(events: Self.events, rate: 8_000, seed: 32)
            for cut in 1...4 {
                let moment = Int64(Self.events * cut / 6)
                try await until("\(moment) records applied") { try scenario.applied() >= moment }
                proxy.arm(fault)
                try await until("cut \(cut)") { proxy.triggered == cut }
                try await until("the service has noticed it") {
                    process.logged("commit failed and is tried again").count >= cut
                }
            }
            try await stream.end()
            try await scenario.expectExact(events: Self.events)
            let lines = process.logged("commit failed and is tried again")
            #expect(lines.allSatisfy { $0["topic"] == scenario.topic })
            #expect(
                lines.contains { $0["explanation"]?.contains("claimed again, and their rows are the answer") == true })
            // Each cut left the outcome open, and claiming again answered it: once in the first claim, once a cut.
            #expect(try scenario.database.number("SELECT max(epoch) FROM \(scenario.progress)") ?? 0 >= 5)
            #expect(process.logged("commit refused: the partition has another owner").isEmpty)
            #expect(try await process.terminate() == .exited(0))
        }
    }

    @Test("A backend that is terminated costs nothing but time")
    func terminatedBackend() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            let process = try scenario.start("a")
            try await process.waitFor("partitions assigned")
            let stream = try scenario.startStream(events: Self.events, rate: 8_000, seed: 33)
            for round in 1...5 {
                let moment = Int64(Self.events * round / 7)
                try await until("\(moment) records applied") { try scenario.applied() >= moment }
                let ended = try scenario.database.number(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                    WHERE application_name LIKE '\(scenario.job)/%'
                    """)
                #expect(ended ?? 0 >= 1)
            }
            try await stream.end()
            try await scenario.expectExact(events: Self.events)
            #expect(try await process.terminate() == .exited(0))
        }
    }

    // assumption: fence
    @Test("A process stopped inside a transaction blocks its twin's claim for no more than about 5 s")
    func stoppedInsideATransaction() async throws {
        try await withProxies(1) { scenario, proxies in
            let proxy = proxies[0]
            try await scenario.generate(events: Self.events, seed: 34)
            proxy.arm(.holdAtCommit)
            let stopped = try scenario.start("z", postgres: proxy.connectionString(scenario.postgres))
            try await until("its transaction has everything but the COMMIT") { proxy.held == 1 }
            stopped.freeze()
            let startedAt = ContinuousClock.now
            let twin = try scenario.start("z")
            try await twin.waitForFirstCommit(within: .seconds(60))
            let waited = ContinuousClock.now - startedAt
            print("twin of a process stopped inside a transaction: first commit after \(waited.inSeconds) s")
            #expect(waited < .seconds(12))
            try await scenario.expectExact(events: Self.events)
            proxy.release()
            stopped.thaw()
            #expect(try await stopped.ends() == .exited(4))
            try await scenario.expectExact(events: Self.events, wait: "1s")
            #expect(try await twin.terminate() == .exited(0))
        }
    }
}
