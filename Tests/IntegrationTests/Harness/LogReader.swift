import Foundation
import Kafka
import Schemas
import Streams

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

    /// How far lag tools see the group.
    static func groupOffsets(_ scenario: Scenario) async throws -> [Int32: Int64] {
        let (kafka, topic, group) = (scenario.kafka, scenario.topic, scenario.job)
        return try await onThread {
            let found = try KafkaAdmin(configuration: kafka).committedOffsets(group: group, topic: topic)
            return Dictionary(uniqueKeysWithValues: found.map { ($0.key.rawValue, $0.value.rawValue) })
        }
    }

    /// What a log amounts to, in sums.
    struct Totals: Equatable, Sendable {
        var counted: Int64 = 0
        var duplicates: Int64 = 0
        var deadLetters: Int64 = 0
        var spendNanos: Int128 = 0

        static func + (one: Totals, other: Totals) -> Totals {
            Totals(
                counted: one.counted + other.counted, duplicates: one.duplicates + other.duplicates,
                deadLetters: one.deadLetters + other.deadLetters, spendNanos: one.spendNanos + other.spendNanos)
        }
    }

    /// What these partitions amount to, read back record by record and judged here. For logs that are shorter than
    /// the horizon: every id is remembered.
    static func totals(_ scenario: Scenario, partitions: [Int32]) async throws -> Totals {
        let ends = try await ends(scenario)
        let places = Dictionary(partitions.map { ($0, [ends[$0] ?? 0] as Set) }) { $1 }
        return try await totals(scenario, before: places).values.flatMap(\.values).reduce(Totals(), +)
    }

    /// What each partition amounts to before each of its offsets that are asked for, in one pass over the log.
    static func totals(
        _ scenario: Scenario, before places: [Int32: Set<Int64>]
    ) async throws -> [Int32: [Int64: Totals]] {
        let (kafka, topic) = (scenario.kafka, scenario.topic)
        return try await onThread {
            let reader = try KafkaRecordReader(configuration: kafka)
            var found: [Int32: [Int64: Totals]] = [:]
            for (partition, offsets) in places {
                var judge = Judge()
                var open = offsets.sorted()[...]
                try reader.forEach(
                    topic: topic, partition: Partition(partition), from: Offset(0), to: Offset(open.last ?? 0)
                ) { record in
                    while let next = open.first, next <= record.offset.rawValue {
                        found[partition, default: [:]][next] = judge.totals
                        open.removeFirst()
                    }
                    judge.add(record)
                }
                for offset in open { found[partition, default: [:]][offset] = judge.totals }
            }
            return found
        }
    }

    /// Adds up the records of one partition.
    private struct Judge {
        var totals = Totals()
        private var seen: Set<SIMD2<UInt64>> = []

        mutating func add(_ record: Record) {
            var event = AdEvent()
            guard let payload = record.value, AdEventReader.read(payload, into: &event),
                LogReader.isChargeable(event, timestamp: record.timestampMilliseconds)
            else {
                totals.deadLetters += 1
                return
            }
            guard seen.insert([event.idHigh, event.idLow]).inserted else {
                totals.duplicates += 1
                return
            }
            totals.counted += 1
            totals.spendNanos += LogReader.charge(event)
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
