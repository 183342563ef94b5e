import LocalServers
import Testing

/// Who publishes signals, and up to when.
@Suite(.serialized)
struct SignalRelayTests {
    private static let campaigns: [Int64] = [1, 2, 3, 4]

    @Test("The relay is killed: the other process publishes what both decide, in order, each once")
    func takeover() async throws {
        try await SideTopics.with { scenario, topics in
            let first = try scenario.start("a", flags: topics.flags)
            try await first.waitFor("this process publishes signals")
            let second = try scenario.start("b", flags: topics.flags)
            try await topics.setBudgets(of: Self.campaigns)
            func owned() throws -> [Int64] {
                let rows = try scenario.database.rows(
                    "SELECT partition FROM \(scenario.progress) WHERE topic = '\(topics.adjustments)'"
                        + " AND owner LIKE '\(second.owner)%'")
                let partitions = rows.compactMap { $0[0].flatMap { Int64($0) } }
                return Self.campaigns.filter { partitions.contains($0 % Int64(scenario.partitions)) }
            }
            try await until("both have adjustments to read, and budgets are known") {
                let known = try topics.knownBudgets() == 4
                return try known && (1...3).contains(owned().count)
            }
            try await topics.swing(Self.campaigns)
            try await until("all swings are signalled") { try topics.decided() == topics.swingCount }
            try await first.kill()
            try await second.waitFor("this process publishes signals", within: .seconds(30))
            try await topics.swing(owned())
            try await until("the other one's swings are signalled") { try topics.decided() == topics.swingCount }
            try await topics.expectSignalsOnce()
            // The first one comes back, and its campaigns with it; the other stays in office.
            let again = try scenario.start("a", flags: topics.flags)
            try await topics.swing(Self.campaigns)
            try await until("all swings are signalled") { try topics.decided() == topics.swingCount }
            try await topics.expectSignalsOnce()
            try topics.expectSwingsOnce()
            #expect(again.logged("this process publishes signals").isEmpty)
            for process in [again, second] { #expect(try await process.terminate() == .exited(0)) }
        }
    }

    @Test("SIGTERM: what was decided is published before the process ends")
    func end() async throws {
        try await SideTopics.with { scenario, topics in
            try await topics.setBudgets(of: Self.campaigns)
            for _ in 0..<3 {
                let process = try scenario.start("a", flags: topics.flags)
                try await process.waitFor("this process publishes signals")
                try await until("what is there is signalled") {
                    let known = try topics.knownBudgets() == 4
                    return try known && topics.decided() == topics.swingCount
                }
                // In four partitions: some are decided now, some with the drain, some not before the next start.
                let before = try topics.decided()
                try await topics.swing(Self.campaigns)
                try await until("one of the swings is signalled", every: .milliseconds(2)) {
                    try topics.decided() > before
                }
                #expect(try await process.terminate() == .exited(0))
                try await topics.expectSignalsOnce(wait: "0s")
            }
        }
    }
}
