import Foundation
import LocalServers
import Streams
import Testing

/// A process dies at every step of its life, just before and just after it, and is started again under its own id.
@Suite(.serialized)
struct CrashPointTests {
    // assumption: one-database
    @Test("Every step of a worker's life, before and after: what it leaves is what the step promises, difference 0")
    func everyPoint() async throws {
        try await withTrial { trial in
            var random = SeededRandom(seed: 41)
            try trial.startStream(seed: 41)
            // Something to remember: from here on every process begins with a warm-up.
            let first = try trial.scenario.start("a")
            try await trial.untilEveryPartitionIsCommitted()
            try await trial.kill(first)
            try await trial.untilDecided(first)
            for point in CrashPoint.all(&random) {
                let before = try trial.note("before the process that dies at \(point)")
                let process = try trial.scenario.start("a", crashPoint: point)
                if point.needsEnd { try await trial.tellToEnd(process) }
                try await trial.died(at: point, process)
                try await trial.untilDecided(process)
                // The group first: what it says must be in the database by then.
                let group = try await LogReader.groupOffsets(trial.scenario)
                let after = try trial.note("dead at \(point)")
                for (partition, offset) in group {
                    #expect(offset <= after.partitions[partition]?.nextOffset ?? 0, "the group is ahead at \(point)")
                }
                let broken = Aftermath(point, before: before, after: after, process).brokenPromises()
                #expect(broken.isEmpty, "dead at \(point): \(broken.joined(separator: "; "))")
            }
            let last = try trial.scenario.start("a")
            try await trial.recovers(last)
            try await trial.endStream()
            try await trial.expectExact()
            #expect(try await last.terminate() == .exited(0))
        }
        print(KillLedger.table)
    }

    @Test("Killed again and again while it starts again, each time at once: difference 0")
    func killedWhileStarting() async throws {
        try await withTrial { trial in
            try trial.startStream(seed: 42)
            let first = try trial.scenario.start("a")
            try await trial.untilEveryPartitionIsCommitted()
            try await trial.kill(first)
            let rows: [[CrashPoint]] = [
                [
                    .init(.commitSent, .after, 2), .init(.claim, .after), .init(.warmUp, .after),
                    .init(.commitSent, .before),
                ],
                [.init(.write, .after, 2), .init(.claim, .before), .init(.decode, .after), .init(.commitSent, .after)],
                [.init(.commitAcknowledged, .before, 2), .init(.claim, .after), .init(.progressUpdate, .after)],
            ]
            for row in rows {
                for point in row {
                    try await trial.died(at: point, try trial.scenario.start("a", crashPoint: point))
                    try trial.note("dead at \(point)")
                }
                let next = try trial.scenario.start("a")
                try await trial.recovers(next)
                try trial.note("started again after \(row)")
                try await trial.kill(next)
            }
            let last = try trial.scenario.start("a")
            try await trial.recovers(last)
            try await trial.endStream()
            try await trial.expectExact()
            #expect(try await last.terminate() == .exited(0))
        }
    }

    @Test("Row locks of a process that died within its transaction do not delay its successor's claim")
    func lockedRows() async throws {
        try await withTrial { trial in
            try trial.startStream(seed: 43)
            for point in [
                CrashPoint(.progressUpdate, .after, 2), .init(.write, .after, 2), .init(.commitSent, .before, 2),
            ] {
                try await trial.died(at: point, try trial.scenario.start("a", crashPoint: point))
                let next = try trial.scenario.start("a")
                try await trial.recovers(next)
                // lock_timeout is over after 5 s, and says so.
                #expect(next.logged("claim failed and is tried again").isEmpty, "after \(point)")
                try trial.note("started again after \(point)")
                try await trial.kill(next)
            }
            let last = try trial.scenario.start("a")
            try await trial.recovers(last)
            try await trial.endStream()
            try await trial.expectExact()
            #expect(try await last.terminate() == .exited(0))
        }
    }

    @Test("Killed while partitions change hands: the one that gives, the one that takes, and a twin that takes over")
    func handOver() async throws {
        try await withTrial(partitions: 8) { trial in
            try trial.startStream(seed: 44)
            var members: [Aggregator] = []
            // The one that gives dies in its revoke, and the one that takes waits for it to be back.
            for (moment, newcomer) in [(StepMoment.before, "b"), (.after, "c")] {
                let point = CrashPoint(.revoke, moment)
                let giving = try trial.scenario.start("a", crashPoint: point)
                try await giving.waitForFirstCommit()
                trial.noteRecovery(by: giving)
                let taking = try trial.scenario.start(newcomer)
                members.append(taking)
                try await trial.died(at: point, giving)
                try trial.note("dead at \(point), while \(newcomer) joins")
            }
            let giving = try trial.scenario.start("a")
            members.append(giving)
            try await trial.recovers(giving)
            for member in members { try await member.waitForFirstCommit() }

            // The one that takes dies in its claim.
            for moment in StepMoment.allCases {
                let point = CrashPoint(.claim, moment)
                try await trial.died(at: point, try trial.scenario.start("d", crashPoint: point))
                try trial.note("dead at \(point), while it joins")
            }
            let taking = try trial.scenario.start("d")
            members.append(taking)
            try await trial.recovers(taking)

            // A twin dies in its claim of what a stopped process owns.
            giving.freeze()
            let point = CrashPoint(.claim, .after)
            try await trial.died(at: point, try trial.scenario.start("a", crashPoint: point))
            let twin = try trial.scenario.start("a")
            try await trial.recovers(twin)
            giving.thaw()
            #expect(try await giving.ends() == .exited(4))
            try trial.note("the stopped process has woken and ended")

            try await trial.endStream()
            try await trial.expectExact()
            for member in members where member.process.isRunning {
                #expect(try await member.terminate() == .exited(0))
            }
            #expect(try await twin.terminate() == .exited(0))
        }
    }

    /// Whether the transaction that is cut off has reached the server is up to the system: several tries.
    @Test(
        "Mutation: a checkpoint of two transactions is seen in what a kill between them leaves",
        arguments: [
            ("one-cut", CrashPoint(.write, .before, 2)),
            ("dead-letter-transaction", CrashPoint(.commitSent, .after, 2)),
        ])
    func withoutOneCut(mutant: String, point: CrashPoint) async throws {
        try await withTrial { trial in
            try trial.startStream(seed: 46)
            var contradictions: [String] = []
            for _ in 0..<20 where contradictions.isEmpty {
                let process = try trial.scenario.start("a", mutants: [mutant], crashPoint: point)
                try await process.dies(at: point)
                try await trial.untilDecided(process)
                contradictions = try trial.scenario.visibleState().contradictions()
            }
            #expect(!contradictions.isEmpty)
        }
    }

    @Test("A point that is none ends the process at once, with what is wrong and what there is")
    func unknownPoint() async throws {
        try await withScenario { scenario in
            try await scenario.createTopic()
            for text in ["commit", "commit-sent", "commit-sent:during", "commit-sent:after:0", "a:b:c:d"] {
                let result = try await ChildProcess.run(
                    .init(
                        Binaries.debug + "/spend-aggregator", ["run"] + scenario.settings(),
                        environment: ["SLUICE_CRASH_AT": text]))
                #expect(result.status == .exited(2), "\(text): \(result)")
                let said = result.standardOutput + result.standardError
                #expect(said.contains("'\(text)'") && said.contains("commit-acknowledged"), "\(said)")
            }
        }
    }

    @Test("A release build holds no trace of crash points and mutants, a debug build does")
    func releaseBuild() throws {
        for name in ["SLUICE_CRASH_AT", "crash point reached", "SLUICE_MUTANT"] {
            let bytes = Data(name.utf8)
            func holds(_ folder: String) throws -> Bool {
                try Data(contentsOf: URL(filePath: folder + "/spend-aggregator"), options: .alwaysMapped)
                    .range(of: bytes) != nil
            }
            #expect(try holds(Binaries.debug), "\(name)")
            #expect(try !holds(Binaries.release), "\(name)")
        }
    }
}
