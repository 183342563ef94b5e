import Foundation
import LocalServers
import Testing

/// The broker goes away while the service reads from it.
@Suite(.serialized)
struct BrokerOutageTests {
    /// Nothing is written while the broker stops: the local one has been seen to acknowledge records while it ends
    /// and not to have them afterwards.
    @Test("A broker stopped in order and started again, three times while records wait: no loss, no repetition")
    func restarts() async throws {
        try await withLocalBroker { broker in
            try await withScenario(brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", checkpoint: "1s")
                try await process.waitFor("partitions assigned")
                for round in 0..<3 {
                    // Every third id was sent before.
                    try await scenario.produce(
                        (0..<10_000).map { index in
                            .click(
                                UInt64(round * 10_000 + (index % 3 == 2 ? index - 1 : index)),
                                partition: Int32(index % 4 / 2),
                                at: 1_790_000_000_000 + Int64(round * 10_000 + index))
                        })
                    // Some of it is read and not committed, the rest is not read yet.
                    try await broker.stop()
                    try await startAgain { try await broker.start() }
                }
                try await scenario.untilCaughtUp()
                let log = try await LogReader.totals(scenario, partitions: [0, 1, 2, 3])
                #expect(log.counted + log.duplicates == 30_000)
                #expect(try LogReader.results(scenario, partitions: [0, 1, 2, 3]) == log)
                #expect(process.logged("partition stopped").isEmpty)
                try await until("it is ready") { try await process.get("/healthz/ready").status == 200 }
                #expect(try await process.terminate() == .exited(0))
            }
        }
    }

    // pitfall: log-truncated
    // assumption: same-log
    /// The local broker writes its state down about twice a second: it is killed just after that, when more has been
    /// acknowledged and applied, and again until what was applied is lost.
    @Test("A broker that is killed and loses applied records: each loss is noticed, named and never built upon")
    func killed() async throws {
        try await withLocalBroker { broker in
            try await withScenario(brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", checkpoint: "50ms")
                try await process.waitFor("partitions assigned")
                var lost: [Int32: (applied: Int64, end: Int64)] = [:]
                for round in 1...10 where lost.isEmpty {
                    lost = try await killBroker(broker, scenario, seed: UInt64(40 + round))
                    print(
                        "killed broker, round \(round): \(lost.count) of \(scenario.partitions) partitions lost applied records"
                    )
                }
                try #require(!lost.isEmpty, "ten kills of the broker lost nothing that was applied")
                try await expectNoticed(lost, scenario, process, reason: "log_truncated")
                try await until("readiness says so") {
                    let ready = try await process.get("/healthz/ready")
                    return ready.status == 503 && ready.body.contains(scenario.topic)
                }
                #expect(try await process.terminate() == .exited(0))

                // Started again it says the same; where the log has grown beyond what was applied, that it is another.
                let second = try scenario.start("a")
                try await expectNoticed(lost, scenario, second, reason: "log_truncated")
                try await second.terminate()
                try await LogReader.append(scenario, to: Array(lost.keys))
                let third = try scenario.start("a")
                try await expectNoticed(lost, scenario, third, reason: "log_replaced")
                try await third.terminate()
                let applied = try LogReader.progress(scenario)
                for (partition, loss) in lost { #expect(applied[partition] == loss.applied) }
                try await expectTruthOfWhatSurvived(scenario, sound: applied.filter { lost[$0.key] == nil })
            }
        }
    }

    /// Streams, kills the broker between two of its writes and starts it again.
    /// - Returns: the partitions that had more records applied than their logs hold now.
    private func killBroker(
        _ broker: LocalBroker, _ scenario: Scenario, seed: UInt64
    ) async throws -> [Int32: (applied: Int64, end: Int64)] {
        let stream = try scenario.startStream(events: 10_000_000, rate: 10_000, seed: seed, appends: true)
        let state = "\(broker.directory)/data/kafka.json"
        // nil before the first time, and for the moment in which a new file takes the old one's place.
        func written() -> Date? {
            (try? FileManager.default.attributesOfItem(atPath: state))?[.modificationDate] as? Date
        }
        let before = try scenario.applied()
        try await until("records are applied") { try scenario.applied() > before + 5_000 }
        let last = written()
        try await until("the broker has written its state", every: .milliseconds(2)) {
            written().map { $0 != last } ?? false
        }
        let atWrite = try scenario.applied()
        try await until("more is applied", every: .milliseconds(2)) { try scenario.applied() > atWrite + 500 }
        try await broker.kill()
        stream.process.kill()
        try await startAgain { try await broker.start() }
        let ends = try await LogReader.ends(scenario)
        let applied = try LogReader.progress(scenario)
        var lost: [Int32: (applied: Int64, end: Int64)] = [:]
        for (partition, end) in ends {
            if let applied = applied[partition], applied > end { lost[partition] = (applied, end) }
        }
        return lost
    }

    /// The message names the topic, the partition, the offsets and what to do; nothing is written.
    private func expectNoticed(
        _ lost: [Int32: (applied: Int64, end: Int64)], _ scenario: Scenario, _ process: Aggregator, reason: String
    ) async throws {
        for (partition, loss) in lost {
            let line = try await process.waitFor("partition stopped") { $0["partition"] == "\(partition)" }
            #expect(line["reason"] == reason)
            let text = line["explanation"] ?? ""
            #expect(text.contains("\(scenario.topic)/\(partition)"))
            #expect(text.contains("\(loss.applied - 1)"), "\(text)")
            if reason == "log_truncated" {
                // Of a checkpoint that is on its way a process cannot say yet whether anything is to be decided.
                let nextSteps = ["before going on", "start the process again"]
                #expect(text.contains("ends at \(loss.end)") && nextSteps.contains { text.contains($0) }, "\(text)")
            } else {
                #expect(text.contains("nothing more is applied"), "\(text)")
            }
        }
        let applied = try LogReader.progress(scenario)
        for (partition, loss) in lost { #expect(applied[partition] == loss.applied) }
    }

    /// The partitions that lost nothing hold what their logs amount to as far as they are applied, and a job that
    /// begins anew is right in all.
    private func expectTruthOfWhatSurvived(_ scenario: Scenario, sound: [Int32: Int64]) async throws {
        let found = try LogReader.results(scenario, partitions: Array(sound.keys))
        let log = try await LogReader.totals(scenario, before: sound.mapValues { [$0] })
        #expect(found == log.values.flatMap(\.values).reduce(LogReader.Totals(), +))
        let all = (0..<Int32(scenario.partitions)).map { $0 }
        try await withScenario(brokers: scenario.brokers, topic: scenario.topic) { anew in
            let process = try anew.start("b")
            try await anew.untilCaughtUp()
            #expect(try await LogReader.totals(anew, partitions: all) == LogReader.results(anew, partitions: all))
            #expect(try await process.terminate() == .exited(0))
        }
    }
}
