import Foundation
import LocalServers
import Testing

/// A dead member that nobody starts again: after the session timeout another one takes its partitions.
@Suite(.serialized)
struct TakeoverTests {
    private static let names = ProcessInfo.processInfo.environment["SLUICE_KAFKA_BROKERS"] ?? ""

    @Test(
        "A member that is killed and not started again: another commits for its partitions within the session and 4 s",
        .enabled(
            if: !names.isEmpty,
            "the local broker never evicts a dead member: name a Kafka in SLUICE_KAFKA_BROKERS. The simulator covers it"
        ))
    func takeover() async throws {
        try await withTrial(partitions: 8) { trial in
            let session = Duration.seconds(10)
            let dying = try trial.scenario.start("a", session: "10s")
            let other = try trial.scenario.start("b", session: "10s")
            try trial.startStream(seed: 45)
            try await trial.untilEveryPartitionIsCommitted()
            for process in [dying, other] { try await process.waitForFirstCommit() }
            let owned = try trial.scenario.database.number(
                "SELECT count(*) FROM \(trial.scenario.progress) WHERE owner LIKE '\(dying.instance)/%'")
            #expect(owned ?? 0 > 0)
            let killedAt = ContinuousClock.now
            try await trial.kill(dying, .takenOver)
            let state = try trial.note("killed")
            try await until("the other one commits for all of its partitions", within: .seconds(120)) {
                let rows = try trial.scenario.database.rows(
                    "SELECT partition, next_offset FROM \(trial.scenario.progress)"
                        + " WHERE owner LIKE '\(other.instance)/%'")
                return rows.count == state.partitions.count
                    && rows.allSatisfy { row in
                        guard let partition = row[0].flatMap({ Int32($0) }), let next = row[1].flatMap({ Int64($0) })
                        else { return false }
                        return next > state.partitions[partition]?.nextOffset ?? 0
                    }
            }
            let took = ContinuousClock.now - killedAt
            KillLedger.recovered(.takenOver, after: took.inSeconds)
            print("takeover by another member: \(took.inSeconds) s with a session of \(session.inSeconds) s")
            #expect(took < session + .seconds(4))
            try await trial.endStream()
            try await trial.expectExact()
            #expect(try await other.terminate() == .exited(0))
        }
    }
}
