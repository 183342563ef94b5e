import Foundation
import Kafka
import Streams
import TestKit

/// A record that a test writes to its topic.
struct ProducedRecord: Sendable {
    var partition: Int32 = 0
    var timestampMilliseconds: Int64?
    var key: [UInt8]?
    var value: [UInt8]?
    var headers: [RecordHeader] = []
}

extension ProducedRecord {
    /// A click at 1 unit of currency, which costs 10^9 nanos.
    static func click(_ id: UInt64, campaign: Int64 = 1, partition: Int32 = 0, at milliseconds: Int64) -> Self {
        var event = ContractEvent()
        event.eventID = (0..<16).map { UInt8(truncatingIfNeeded: $0 < 8 ? id >> ($0 * 8) : 7) }
        event.eventTimeMilliseconds = milliseconds
        event.advertiserID = 1
        event.campaignID = campaign
        event.type = 2
        event.pricing = 2
        event.priceMicros = 1_000_000
        event.currency = "EUR"
        return ProducedRecord(
            partition: partition, timestampMilliseconds: milliseconds, key: Array("\(campaign)".utf8),
            value: event.payload)
    }
}

extension Scenario {
    /// Writes records in order and waits until the broker has them.
    /// - Parameter largest: the most bytes of a record or a batch, where that is more than usual.
    func produce(
        _ records: [ProducedRecord], transaction: Bool = false, compression: KafkaProducer.Compression = .none,
        largest: Int? = nil
    ) async throws {
        let (topic, job) = (topic, job)
        var configuration = kafka
        var settings = KafkaProducer.Settings(transactionalID: transaction ? job : nil, compression: compression)
        if let largest {
            configuration.extra["message.max.bytes"] = String(largest)
            settings.batchMaximumBytes = Int32(largest)
        }
        let (kafka, chosen) = (configuration, settings)
        try await onThread {
            let producer = try KafkaProducer(configuration: kafka, settings: chosen)
            if transaction {
                try producer.initTransactions(timeoutMilliseconds: 30_000)
                try producer.beginTransaction()
            }
            for record in records {
                try Self.withBytes(record.key) { key in
                    try Self.withBytes(record.value) { value in
                        try producer.produce(
                            topic: topic, partition: Partition(record.partition),
                            timestampMilliseconds: record.timestampMilliseconds, key: key, value: value,
                            headers: record.headers)
                    }
                }
            }
            if transaction {
                try producer.commitTransaction(timeoutMilliseconds: 30_000)
            } else {
                try producer.flush(timeoutMilliseconds: 60_000)
            }
        }
    }

    private static func withBytes(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) throws -> Void) rethrows {
        guard let bytes else { return try body(nil) }
        try bytes.withUnsafeBytes { try body($0) }
    }

    /// Waits until every partition is applied up to the log's end.
    func untilCaughtUp(within limit: Duration = .seconds(60)) async throws {
        let ends = try await LogReader.ends(self)
        try await until("everything is applied up to \(ends)", within: limit) {
            guard try database.text("SELECT to_regclass('\(progress)')") != nil else { return false }
            let reached = try LogReader.progress(self)
            return ends.allSatisfy { reached[$0.key] ?? 0 >= $0.value }
        }
    }
}
