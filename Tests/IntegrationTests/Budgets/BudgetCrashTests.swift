import Connectors
import Glibc
import LocalServers
import Streams
import Testing

/// Processes with all streams die: adjustments are applied once, levels agree, and a reader of committed records finds
/// each signal once, in the order in which it was decided.
@Suite(.serialized)
struct BudgetCrashTests {
    @Test("Every step of the relay, before and after: what it leaves is published once by the next one")
    func everyPointOfTheRelay() async throws {
        try await SideTopics.with { scenario, topics in
            var random = SeededRandom(seed: 61)
            try await topics.setBudgets(of: [1])
            for point in RelayCrashPoint.all(&random) {
                let process = try scenario.start("a", relayPoint: point, flags: topics.flags)
                while process.process.isRunning {
                    // One at a time: two within one look would be no signal.
                    try await until("the last swing is signalled, or the process dead at \(point)") {
                        guard process.process.isRunning else { return true }
                        let known = try topics.knownBudgets()
                        return try known == 1 && topics.decided() == topics.swingCount
                    }
                    if process.process.isRunning { try await topics.swing([1]) }
                }
                try await process.hasDied(at: point)
            }
            let last = try scenario.start("a", debug: true, flags: topics.flags)
            try await until("the last swing is signalled") { try topics.decided() == topics.swingCount }
            try await topics.swing([1])
            try await until("another one is signalled") { try topics.decided() == topics.swingCount }
            try await topics.expectSignalsOnce()
            try topics.expectSwingsOnce()
            #expect(try await last.terminate() == .exited(0))
        }
    }

    @Test("Two processes, killed at random and at their steps: adjustments, levels and signals are exact")
    func storm() async throws {
        try await SideTopics.with { scenario, topics in
            let events = 36_000
            let stream = try scenario.startStream(
                events: events, rate: 4_000, seed: 62,
                flags: [
                    "--start", "now", "--budgets", topics.budgets, "--adjustments", topics.adjustments,
                    "--adjustment-share", "0.02",
                ])
            var random = SeededRandom(seed: 62)
            var members: [String: Aggregator] = [:]
            for name in ["a", "b"] {
                members[name] = try scenario.start(name, debug: true, flags: topics.flags)
            }
            // Whoever has died at its point is started again at once: its partitions wait for it.
            func revive() throws {
                for (name, member) in members where !member.process.isRunning {
                    #expect(member.process.exitStatus == .signalled(SIGKILL))
                    members[name] = try scenario.start(name, debug: true, flags: topics.flags)
                }
            }
            for round in 1...8 {
                try await until("round \(round) has its share of the events") {
                    try revive()
                    return try scenario.applied(scenario.topic) >= Int64(events / 10 * round)
                }
                let name = Bool.random(using: &random) ? "a" : "b"
                try await members[name]?.kill()
                switch round % 4 {
                case 0:
                    let point = RelayCrashPoint.all(&random).randomElement(using: &random)
                    members[name] = try scenario.start(name, relayPoint: point, flags: topics.flags)
                case 2:
                    let point = CrashPoint(.commitSent, round == 2 ? .after : .before, 2)
                    members[name] = try scenario.start(name, crashPoint: point, flags: topics.flags)
                default:
                    members[name] = try scenario.start(name, debug: true, flags: topics.flags)
                }
            }
            try await stream.end()
            try await until("everything is applied") {
                try revive()
                return try scenario.applied(scenario.topic) == Int64(events)
            }
            let verification = try await scenario.verification(wait: "30s")
            #expect(verification.isClean, "\(verification.text)")
            #expect(verification.text.contains("applied, each once, difference 0"))
            #expect(verification.verdict.hasPrefix("verified: \(events) events, "))
            try await topics.expectSignalsOnce()
            #expect(try topics.decided() >= 20)
            try revive()
            for member in members.values { #expect(try await member.terminate() == .exited(0)) }
            try await topics.expectSignalsOnce()
        }
    }
}
