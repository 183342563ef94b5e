import Foundation
import Glibc
import LocalServers
import Postgres
import Streams
import Testing

/// What goes wrong with the database, on real servers.
@Suite(.serialized)
struct DatabasePitfallTests {
    private static let start: Int64 = 1_790_000_000_000

    private func total(_ scenario: Scenario) throws -> Int64? {
        try scenario.database.number("SELECT sum(clicks) FROM \(scenario.minute)")
    }

    /// Clicks with a record between them that nobody can process, one in ten.
    private func mixed(_ ids: Range<UInt64>) -> [ProducedRecord] {
        ids.map { id in
            id % 10 == 9
                ? ProducedRecord(timestampMilliseconds: Self.start, value: Array("bad \(id)".utf8))
                : .click(id, at: Self.start + Int64(id))
        }
    }

    /// Dead letters that are visible, and those that progress counts: one transaction makes both so.
    private func letters(_ scenario: Scenario) throws -> [String?] {
        try scenario.database.rows(
            """
            SELECT (SELECT count(*) FROM \(scenario.deadLetters)),
                (SELECT count(*) FROM \(scenario.deadLetters) WHERE reason = 'undecodable'), sum(dead_letters)
            FROM \(scenario.progress)
            """)[0]
    }

    // pitfall: bad-record-or-outage
    @Test("A bad record becomes a dead letter with its progress; locks, a lost session and a standby are waited for")
    func outagesAreNoDeadLetters() async throws {
        try await withLocalPostgres { server in
            try await withScenario(partitions: 1, postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a")
                try await scenario.produce(mixed(0..<100))
                try await scenario.untilCaughtUp()
                #expect(try letters(scenario) == ["10", "10", "10"])

                func expectOutage(_ ids: Range<UInt64>, state: String, _ end: () throws -> Void) async throws {
                    try await scenario.produce(mixed(ids))
                    let line = try await process.waitFor("commit failed and is tried again") {
                        $0["error"]?.contains(state) == true
                    }
                    #expect(line["topic"] == scenario.topic && line["explanation"] != nil)
                    #expect(try scenario.applied() == Int64(ids.lowerBound))
                    let before = "\(ids.lowerBound / 10)"
                    #expect(try letters(scenario) == [before, before, before])
                    try end()
                    try await scenario.untilCaughtUp()
                    let after = "\(ids.upperBound / 10)"
                    #expect(try letters(scenario) == [after, after, after])
                }
                var configuration = PostgresConfiguration(connectionString: scenario.postgres)
                configuration.idleInTransactionTimeoutMilliseconds = 60_000
                let other = try PostgresConnection(configuration)
                defer { other.close() }
                // 55P03: somebody holds the results' table for longer than the lock timeout.
                try other.execute("BEGIN")
                try other.execute("LOCK TABLE \"\(scenario.prefix)spend\".minute_by_partition IN ACCESS EXCLUSIVE MODE")
                try await expectOutage(100..<200, state: "55P03") { try other.execute("COMMIT") }

                // 25006: the server has become a standby; 57P01: its sessions were ended.
                func end() throws {
                    try other.execute(
                        """
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE application_name LIKE '\(scenario.job)/%'
                        """)
                }
                try other.execute("ALTER DATABASE sluice SET default_transaction_read_only = on")
                try end()
                try await expectOutage(200..<300, state: "25006") {
                    try other.execute("ALTER DATABASE sluice RESET default_transaction_read_only")
                    try end()
                }
                #expect(try total(scenario) == 270)
                #expect(process.logged("partition stopped").isEmpty)
                #expect(try await process.terminate() == .exited(0))
            }
        }
    }

    // pitfall: rejected-write-advances
    @Test("A write that a constraint rejects never advances progress: the process ends and says what was refused")
    func rejectedWrite() async throws {
        try await withScenario(partitions: 1) { scenario in
            try await scenario.createTopic()
            let first = try scenario.start("a")
            try await scenario.produce(mixed(0..<50))
            try await scenario.untilCaughtUp()
            #expect(try await first.terminate() == .exited(0))
            let table = "\"\(scenario.prefix)spend\".minute_by_partition"
            try scenario.database.execute(
                "ALTER TABLE \(table) ADD CONSTRAINT no_campaign_13 CHECK (campaign_id <> 13)")
            try await scenario.produce(
                [.click(900, campaign: 13, at: Self.start)] + mixed(50..<100))
            // As often as somebody starts it again.
            for _ in 0..<2 {
                let process = try scenario.start("a")
                #expect(try await process.ends() == .exited(70))
                let line = try #require(process.logged("stopped by an error").first)
                let error = line["error"] ?? ""
                for part in [
                    "\(scenario.topic)/0 (offsets 50 to 100)", "nothing of it was written", "23514", "no_campaign_13",
                    "start the process again",
                ] { #expect(error.contains(part), "\(error)") }
                #expect(try scenario.applied() == 50 && total(scenario) == 45)
                #expect(try letters(scenario) == ["5", "5", "5"])
            }
            try scenario.database.execute("ALTER TABLE \(table) DROP CONSTRAINT no_campaign_13")
            let last = try scenario.start("a")
            try await scenario.untilCaughtUp()
            #expect(try total(scenario) == 91)
            #expect(try letters(scenario) == ["10", "10", "10"])
            #expect(try await last.terminate() == .exited(0))
        }
    }

    // pitfall: database-failover
    // assumption: one-database
    @Test("A failover loses the last commits: results and progress go back together and are made up, group or no group")
    func failoverThatLosesCommits() async throws {
        try await withLocalPostgres { server in
            try await withScenario(postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", session: "6s")
                let stream = try scenario.startStream(events: 120_000, rate: 8_000, seed: 91)
                let copy = server.clusterDirectory + ".copy"
                try await until("some of it is applied") { try scenario.applied() > 5_000 }
                try await server.stop()
                try await self.copy(server.clusterDirectory, to: copy)
                try await startAgain { try await server.start() }
                let copied = try scenario.applied()
                try await until("more of it is applied") { try scenario.applied() > copied + 10_000 }
                // The group is told after the transaction; what it knows now is ahead of the copy. The stream is held so
                // that records come afterwards: an owner looks at its rows when it has something to commit.
                stream.process.signal(SIGSTOP)
                try #require(stream.process.exitStatus == nil)
                try await server.stop(mode: .immediate)
                try await self.copy(copy, to: server.clusterDirectory)
                try await startAgain { try await server.start() }
                // Kafka's group is ahead of the database now, and nobody asks it.
                #expect(try scenario.applied() <= copied)
                stream.process.signal(SIGCONT)
                try await stream.end()
                try await process.waitFor("partition goes on", within: .seconds(90))
                try await scenario.expectExact(events: 120_000)
                #expect(try await process.terminate() == .exited(0))
                // Nor does a process that starts after a failover.
                try await server.stop(mode: .immediate)
                try await self.copy(copy, to: server.clusterDirectory)
                try await startAgain { try await server.start() }
                #expect(try scenario.applied() <= copied)
                let second = try scenario.start("a")
                try await scenario.expectExact(events: 120_000)
                #expect(second.logged("partition stopped").isEmpty)
                #expect(try await second.terminate() == .exited(0))
            }
        }
    }

    /// A copy of a cluster that stands still, owners and rights included, in the place of what was there.
    private func copy(_ source: String, to target: String) async throws {
        for command in [["rm", "-rf", target], ["cp", "-a", source, target]] {
            let result = try await ChildProcess.run(.init("/usr/bin/env", command))
            try #require(result.status.isSuccess, "\(result)")
        }
    }
}
