import Foundation
import Kafka
import LocalServers
import Schemas
import Streams
import Testing

/// The broker goes away while the service reads from it.
@Suite(.serialized)
struct BrokerOutageTests {
    private static let events = 60_000

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
                    try await broker.restart()
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

    // assumption: same-log
    @Test("A broker that is killed: what it lost is noticed, or nothing was lost")
    func killed() async throws {
        try await withLocalBroker { broker in
            try await withScenario(brokers: broker.brokers) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", checkpoint: "50ms")
                try await process.waitFor("partitions assigned")
                let stream = try scenario.startStream(
                    events: Self.events, rate: 10_000, seed: 42,
                    flags: ["--kafka-property", "message.timeout.ms=10000"])
                try await until("half is applied") { try scenario.applied() >= Int64(Self.events / 2) }
                try await broker.kill()
                stream.process.kill()
                try await broker.start()

                // Every partition either goes on to the log's end or stops because the log is not what it was.
                let ends = try await LogReader.ends(scenario)
                var behind: [Int32] = []
                try await until("every partition has gone on or stopped", within: .seconds(90)) {
                    let stopped = Set(
                        process.logged("partition stopped").compactMap { $0["partition"].flatMap { Int32($0) } })
                    let reached = try LogReader.progress(scenario)
                    behind = ends.filter { reached[$0.key] ?? 0 > $0.value || stopped.contains($0.key) }.keys.sorted()
                    return ends.allSatisfy { reached[$0.key] ?? 0 == $0.value || stopped.contains($0.key) }
                }
                for line in process.logged("partition stopped") {
                    #expect(["log_truncated", "log_replaced"].contains(line["reason"]), "\(line.fields)")
                }
                // Where nothing was lost, the results are those of the log that survived.
                let sound = ends.keys.filter { !behind.contains($0) }
                let survived = try await LogReader.totals(scenario, partitions: sound)
                #expect(try LogReader.results(scenario, partitions: sound) == survived)
                print("killed broker: \(behind.count) of \(ends.count) partitions had lost applied records")

                // Nothing more is written where the log is another one.
                let before = try LogReader.progress(scenario)
                try await LogReader.append(scenario, to: behind)
                try await process.terminate()
                let after = try LogReader.progress(scenario)
                for partition in behind { #expect(after[partition] == before[partition]) }
            }
        }
    }
}

/// What a topic holds, read by the tests themselves.
enum LogReader {
    /// The end of every partition.
    static func ends(_ scenario: Scenario) async throws -> [Int32: Int64] {
        let (kafka, topic) = (scenario.kafka, scenario.topic)
        return try await onThread {
            var ends: [Int32: Int64] = [:]
            for (partition, _, high) in try KafkaAdmin(configuration: kafka).watermarkOffsets(topic: topic) {
                ends[partition.rawValue] = high.rawValue
            }
            return ends
        }
    }

    /// How far each partition is applied.
    static func progress(_ scenario: Scenario) throws -> [Int32: Int64] {
        var reached: [Int32: Int64] = [:]
        for row in try scenario.database.rows("SELECT partition, next_offset FROM \(scenario.progress)") {
            if let partition = row[0].flatMap({ Int32($0) }) { reached[partition] = row[1].flatMap { Int64($0) } ?? 0 }
        }
        return reached
    }

    /// What a log amounts to, in sums.
    struct Totals: Equatable, Sendable {
        var counted: Int64 = 0
        var duplicates: Int64 = 0
        var deadLetters: Int64 = 0
        var spendNanos: Int128 = 0
    }

    /// What these partitions amount to, read back record by record and judged here. For logs that are shorter than
    /// the horizon: every id is remembered.
    static func totals(_ scenario: Scenario, partitions: [Int32]) async throws -> Totals {
        let (kafka, topic) = (scenario.kafka, scenario.topic)
        let ends = try await ends(scenario)
        return try await onThread {
            let reader = try KafkaRecordReader(configuration: kafka)
            var totals = Totals()
            for partition in partitions {
                var seen: Set<[UInt64]> = []
                try reader.forEach(
                    topic: topic, partition: Partition(partition), from: Offset(0), to: Offset(ends[partition] ?? 0)
                ) { record in
                    var event = AdEvent()
                    guard let payload = record.value, AdEventReader.read(payload, into: &event),
                        isChargeable(event, timestamp: record.timestampMilliseconds)
                    else {
                        totals.deadLetters += 1
                        return
                    }
                    guard seen.insert([event.idHigh, event.idLow]).inserted else {
                        totals.duplicates += 1
                        return
                    }
                    totals.counted += 1
                    totals.spendNanos += charge(event)
                }
            }
            return totals
        }
    }

    private static func isChargeable(_ event: AdEvent, timestamp: Int64) -> Bool {
        event.idLength == 16 && event.eventType != nil && event.type != 0 && event.pricingModel != nil
            && event.pricing != 0 && (0...1_000_000_000_000).contains(event.priceMicros) && event.currency != .none
            && event.eventTimeMilliseconds > 0 && event.eventTimeMilliseconds < 4_102_444_800_000
            && event.eventTimeMilliseconds <= timestamp + 48 * 3_600_000
    }

    private static func charge(_ event: AdEvent) -> Int128 {
        guard event.invalidReason == 0, event.type == event.pricing else { return 0 }
        return Int128(event.priceMicros) * (event.pricing == 1 ? 1 : 1_000)
    }

    /// The same sums from the database.
    static func results(_ scenario: Scenario, partitions: [Int32]) throws -> Totals {
        let list = partitions.map(String.init).joined(separator: ",")
        let rows = try scenario.database.rows(
            """
            SELECT coalesce(sum(impressions + clicks + conversions + video_views + invalid_events), 0),
                coalesce(sum(spend_nanos), 0) FROM "\(scenario.prefix)spend".minute_by_partition
            WHERE source_partition = ANY('{\(list)}')
            """)
        let progress = try scenario.database.rows(
            """
            SELECT coalesce(sum(duplicates), 0), coalesce(sum(dead_letters), 0) FROM \(scenario.progress)
            WHERE partition = ANY('{\(list)}')
            """)
        func number(_ text: String?) -> Int128 { text.flatMap { Int128($0) } ?? -1 }
        return Totals(
            counted: Int64(number(rows[0][0])), duplicates: Int64(number(progress[0][0])),
            deadLetters: Int64(number(progress[0][1])), spendNanos: number(rows[0][1]))
    }

    /// Records beyond whatever was applied before: 20,000 to each partition.
    static func append(_ scenario: Scenario, to partitions: [Int32]) async throws {
        try await scenario.produce(
            partitions.flatMap { partition in
                (0..<20_000).map { _ in ProducedRecord(partition: partition, value: [0xff]) }
            })
    }
}
