import Foundation
import LocalServers
import Testing

/// Kills at random, of processes, of PostgreSQL and of nothing at the wrong moment only: leg after leg, each with a
/// stream of its own, until there were enough of them.
@Suite(.serialized)
struct CrashStormTests {
    private static let environment = ProcessInfo.processInfo.environment
    /// In all, with those of the named points where these were run before: `make test` is content with 200.
    private static let kills = environment["SLUICE_CRASH_KILLS"].flatMap { Int($0) } ?? 200
    private static let seed = environment["SLUICE_CRASH_SEED"].flatMap { UInt64($0) } ?? 1

    // assumption: one-database
    @Test("A storm of kills over legs of a stream: difference 0 after each, and in every state between")
    func storm() async throws {
        try await withLocalPostgres { postgres in
            try await withLocalBroker { broker in
                let startedAt = ContinuousClock.now
                var leg: UInt64 = 0
                repeat {
                    leg += 1
                    try await Self.leg(leg, postgres, broker)
                    let elapsed = Int((ContinuousClock.now - startedAt).inSeconds)
                    Self.say("storm, leg \(leg), \(elapsed) s: of \(Self.kills) \(KillLedger.progress)")
                } while KillLedger.kills < Self.kills && KillLedger.differences == 0
            }
        }
        Self.say(KillLedger.table)
        #expect(KillLedger.kills >= Self.kills)
        #expect(KillLedger.differences == 0)
        // The goal where the same instance is started again, held to where a run of its own was asked for: `make test`
        // prints the figure and does not fail for what else its machine does.
        if Self.environment["SLUICE_CRASH_KILLS"] != nil {
            #expect(try #require(KillLedger.recovery(quantile: 0.99)) < 5 * Patience.factor)
        }
    }

    private static func leg(_ leg: UInt64, _ postgres: LocalPostgres, _ broker: LocalBroker) async throws {
        do {
            try await withTrial(partitions: 16, brokers: broker.brokers, postgres: postgres.connectionString) { trial in
                try await StormLeg(trial, postgres: postgres, broker: broker, seed: seed &* 10_000 &+ leg).run()
            }
        } catch {
            say("storm: leg \(leg) of seed \(seed) failed: \(error)")
            throw error
        }
    }

    /// At once, whatever standard output is.
    private static func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }
}
