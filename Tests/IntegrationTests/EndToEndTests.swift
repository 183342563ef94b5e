import Foundation
import LocalServers
import Synchronization
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

/// SplitMix64 (Steele, Lea, Flood 2014): the same seed gives the same moments.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
