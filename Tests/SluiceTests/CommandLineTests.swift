import ArgumentParser
import Foundation
import LocalServers
import Postgres
import Testing

@testable import Sluice

/// The commands as a shell sees them: their exit codes. What they print goes to the tests' own output.
@Suite struct CommandLineTests {
    @Test(
        arguments: [
            (["--help"], 0), (["--version"], 0), (["generate", "--help"], 0),
            (["dead-letters", "redrive", "--help"], 0),
            (["bogus"], 2), (["generate", "--bogus"], 2), (["verify"], 2), (["generate", "--seed", "x"], 2),
            (["generate", "--dry-run", "--partitions", "0"], 2), (["generate", "--dry-run", "--late", "1.5"], 2),
            (["generate", "--dry-run", "--start", "then"], 2), (["generate", "--append", "--truth", "x"], 2),
            (["generate", "--dry-run", "--dedup-horizon", "10"], 2),
            (["generate", "--dry-run", "--compression", "zip"], 2), (["generate", "--dry-run", "--span", "0s"], 2),
            (["generate", "--dry-run", "--events", "2000", "--quiet"], 0),
            (["verify", "--truth", "/nonexistent/truth", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["spend", "--postgres", "host=127.0.0.1 port=1 user=nobody"], 3),
            (["spend", "--postgres", "host='unterminated"], 2), (["spend", "--by", "week"], 2),
            (["spend", "--from", "soon", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["dead-letters", "redrive", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["dead-letters", "show", "5", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["dead-letters", "redrive", "1:2", "--all", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["topics", "create", "x", "--kafka-brokers", "127.0.0.1:1", "--kafka-property", "nonsense"], 2),
            (["generate", "--dry-run", "--quiet", "--events", "2000", "--budgets", "b", "--adjustments", "a"], 0),
            (["generate", "--dry-run", "--budgets", "ad-events"], 2),
            (["generate", "--dry-run", "--budgets", "b", "--budget-campaigns", "0"], 2),
            (["generate", "--dry-run", "--adjustments", "a", "--adjustment-share", "2"], 2),
            (["budgets", "set", "--campaign", "1"], 2), (["budgets", "remove"], 2), (["adjustments", "send"], 2),
            (["budgets", "list", "--limit", "0", "--postgres", "host=127.0.0.1 port=1"], 2),
            (["budgets", "list", "--postgres", "host=127.0.0.1 port=1 user=nobody"], 3),
            (["signals", "--wait", "soon", "--kafka-brokers", "127.0.0.1:1"], 2), (["signals", "--help"], 0),
        ] as [([String], Int32)])
    func exitCodes(_ arguments: [String], _ code: Int32) async {
        #expect(await SluiceCommand.execute(arguments) == code)
    }

    @Test func theTruthKnowsWhatTheJobIsTold() throws {
        let command = try GenerateCommand.parse(["--dedup-horizon", "5m", "--watermark-delay", "1s"])
        #expect(try command.rules() == TruthRules(outOfOrdernessMilliseconds: 1000, horizonMilliseconds: 300_000))
        // With a rate the stream takes as long as sending it does, unless something else is said.
        let live = try GenerateCommand.parse(["--rate", "100", "--events", "1000", "--start", "now"])
        #expect(try live.shape(now: Instant(milliseconds: 1_800_000_000_000)).spanMilliseconds == 10_000)
        #expect(try live.shape(now: Instant(milliseconds: 1_800_000_000_000)).startMilliseconds == 1_800_000_000_000)
    }

    @Test func fromGenerationToVerificationAndBack() async throws {
        let tables = try await ResultTables()
        let folder = try TemporaryFolder()
        let truth = folder.path + "/truth"
        let topic = TestServers.uniqueName("command")
        let brokers = try await TestServers.brokers()
        let generate = [
            "generate", "--kafka-brokers", brokers, "--topic", topic, "--partitions", "3", "--events", "5000",
            "--quiet", "--truth", truth,
        ]
        #expect(await SluiceCommand.execute(generate) == 0)
        #expect(await SluiceCommand.execute(generate) == 2)

        var stream = EventStream(shape: StreamShape(events: 5000, partitions: 3))
        var keeper = TruthKeeper()
        while let record = stream.next() { keeper.observe(record) }
        try tables.store(keeper, topic: topic)
        let postgres = [
            "--postgres", tables.configuration.connectionString, "--schema-prefix", tables.schemas.prefix,
        ]
        #expect(await SluiceCommand.execute(["verify", "--truth", truth, "--wait", "5s"] + postgres) == 0)
        #expect(await SluiceCommand.execute(["progress", "--kafka-brokers", brokers] + postgres) == 0)
        for format in ["table", "csv", "json"] {
            #expect(await SluiceCommand.execute(["spend", "--limit", "2", "--format", format] + postgres) == 0)
        }
        #expect(await SluiceCommand.execute(["dead-letters", "list", "--limit", "2"] + postgres) == 0)
        let differences = tables.schemas.spend("level_difference")
        try tables.connection.execute(
            """
            INSERT INTO \(differences) VALUES ('lifetime of days', 1, '', 'USD', ARRAY[0, 0, 0, 0, 0, 0, 1, 0, 0])
            """)
        #expect(await SluiceCommand.execute(["verify", "--truth", truth] + postgres) == 1)
        try tables.connection.execute("DELETE FROM \(differences)")
        #expect(await SluiceCommand.execute(["verify", "--truth", truth] + postgres) == 0)
        try tables.connection.execute(
            """
            UPDATE \(tables.schemas.minute) SET clicks = clicks + 1
            WHERE ctid = (SELECT ctid FROM \(tables.schemas.minute) LIMIT 1)
            """)
        #expect(await SluiceCommand.execute(["verify", "--truth", truth] + postgres) == 1)
        #expect(
            await SluiceCommand.execute(["verify", "--truth", truth, "--schema-prefix", "none_"] + postgres.prefix(2))
                == 3)
    }

    @Test func developmentServersAreFoundAgain() async throws {
        let folder = try TemporaryFolder()
        let root = folder.path + "/dev"
        #expect(await SluiceCommand.execute(["dev", "status", "--root", root]) == 3)
        #expect(DevelopmentServers.running(root: root) == DevelopmentServers())
        let started = await SluiceCommand.execute(["dev", "up", "--root", root])
        let running = DevelopmentServers.running(root: root)
        let status = await SluiceCommand.execute(["dev", "status", "--root", root])
        let stopped = await SluiceCommand.execute(["dev", "down", "--root", root])
        #expect([started, status, stopped] == [0, 0, 0])
        #expect(running.kafkaBrokers?.hasPrefix("127.0.0.1:") == true)
        #expect(running.postgres?.contains("port=") == true)
        #expect(running.exports.contains("export SLUICE_KAFKA_BROKERS='127.0.0.1:"))
        #expect(DevelopmentServers.running(root: root) == DevelopmentServers())
        #expect(!FileManager.default.fileExists(atPath: root))
    }
}
