import Foundation
import LocalServers
import Testing

/// Two processes in one group, killed at random moments of a stream; what comes out is right to the unit.
@Suite(.serialized)
struct EndToEndTests {
    private static let events = 200_000
    private static let killsPerStream = 5

    // assumption: one-database
    @Test(
        "kill -9 at random moments: difference 0, twenty kills over four streams",
        arguments: [11, 12, 13, 14] as [UInt64])
    func killedAtRandom(seed: UInt64) async throws {
        try await withScenario(partitions: 16) { scenario in
            var random = SeededRandom(seed: seed)
            try await scenario.createTopic()
            var running = [try scenario.start("a"), try scenario.start("b")]
            for process in running { try await process.waitFor("partitions assigned") }
            let stream = try scenario.startStream(events: Self.events, rate: 14_000, seed: seed)

            // The third one joins and leaves in an orderly way between the kills.
            var third: Aggregator?
            let moments = (0..<Self.killsPerStream).map { index in
                // One in each fifth of the stream's first 85 %, anywhere within it.
                let share = (Double(index) + random.unit()) / Double(Self.killsPerStream) * 0.85
                return Int64(share * Double(Self.events))
            }
            for (round, moment) in moments.enumerated() {
                try await until("\(moment) records applied", every: .milliseconds(10)) {
                    try scenario.applied() >= moment
                }
                // Not always just after a commit.
                try await Task.sleep(for: .milliseconds(Int(random.unit() * 200)))
                let index = random.unit() < 0.5 ? 0 : 1
                let name = index == 0 ? "a" : "b"
                let killedAt = ContinuousClock.now
                try await running[index].kill()
                running[index] = try scenario.start(name)
                try await running[index].waitForFirstCommit()
                KillTimes.note(ContinuousClock.now - killedAt)
                switch round {
                case 1:
                    third = try scenario.start("c")
                    try await third?.waitFor("partitions assigned") { $0["partitions"] != "" }
                case 2:
                    let status = try await third?.terminate()
                    #expect(status == .exited(0))
                    third = try scenario.start("c")
                default: break
                }
            }
            try await stream.end()
            try await scenario.expectExact(events: Self.events)
            for process in running + [third].compactMap({ $0 }) {
                #expect(try await process.terminate() == .exited(0))
            }
            try await scenario.expectExact(events: Self.events, wait: "1s")
        }
        print(KillTimes.summary)
    }
}
