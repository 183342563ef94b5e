import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// What goes wrong between a client and its broker, on a real broker behind a proxy that spoils the connection.
@Suite(.serialized)
struct ClientPitfallTests {
    private static let start: Int64 = 1_790_000_000_000

    private func withProxiedBroker(_ body: (Scenario, KafkaProxy) async throws -> Void) async throws {
        try await withLocalBroker { broker in
            try await withScenario(partitions: 1, brokers: broker.brokers) { scenario in
                let proxy = try KafkaProxy(brokers: broker.brokers)
                defer { proxy.close() }
                try await scenario.createTopic()
                try await body(scenario, proxy)
            }
        }
    }

    // pitfall: poison-message-set
    @Test("A message set whose checksum is wrong stops the partition: the client does not pass over it")
    func spoiledMessageSet() async throws {
        try await withProxiedBroker { scenario, proxy in
            func clicks(_ ids: Range<UInt64>, campaign: Int64 = 1) -> [ProducedRecord] {
                ids.map { .click($0, campaign: campaign, at: Self.start + Int64($0)) }
            }
            // Each is a batch of its own.
            try await scenario.produce(clicks(0..<50))
            try await scenario.produce(clicks(50..<60, campaign: 77_007_700_770))
            try await scenario.produce(clicks(60..<100))
            proxy.spoil(Array("77007700770".utf8))
            let flags = ["--kafka-brokers", proxy.brokers]
            let first = try scenario.start("a", flags: flags)
            let line = try await first.waitFor("partition stopped")
            #expect(proxy.spoiledCount > 0)
            #expect(line["reason"] == "source_error" && line["partition"] == "0", "\(line.fields)")
            let explanation = line["explanation"] ?? ""
            for part in ["\(scenario.topic)/0 at offset 50: ", "CRC32", "offset 50", "start the process again"] {
                #expect(explanation.contains(part), "\(explanation)")
            }
            // What stood before it counts; nothing behind it does, although the client would hand it out.
            try await until("what stood before is committed") { try scenario.applied() == 50 }
            #expect(try await first.terminate() == .exited(0))
            #expect(try scenario.database.number("SELECT next_offset FROM \(scenario.progress)") == 50)

            proxy.spoil(nil)
            let second = try scenario.start("a", flags: flags)
            try await scenario.untilCaughtUp()
            #expect(try scenario.database.number("SELECT sum(clicks) FROM \(scenario.minute)") == 100)
            #expect(try scenario.database.number("SELECT skipped_offsets FROM \(scenario.progress)") == 0)
            #expect(try await second.terminate() == .exited(0))
        }
    }

    // pitfall: kafka-transaction-in-doubt
    /// EndTxn is Kafka's API key 26.
    @Test(
        "An EndTxn without an answer leaves doubt: a new producer of the same id settles it, the old one is fenced",
        arguments: [false, true])
    func endOfATransactionInDoubt(reachesTheBroker: Bool) async throws {
        try await withProxiedBroker { scenario, proxy in
            let (direct, topic) = (scenario.kafka, scenario.topic)
            var proxied = direct
            proxied.bootstrapServers = [proxy.brokers]
            let settings = KafkaProducer.Settings(transactionalID: topic)
            let (configuration, way) = (proxied, proxy)
            let found = try await onThread { () -> [[String]] in
                func write(_ producer: KafkaProducer, _ text: String) throws {
                    for number in 0..<3 {
                        try Array("\(text) \(number)".utf8).withUnsafeBytes { bytes in
                            try producer.produce(topic: topic, partition: Partition(0), value: bytes)
                        }
                    }
                }
                func committed() throws -> [String] {
                    let read = try KafkaRecordReader(configuration: direct).read(
                        topic: topic, partition: Partition(0), from: Offset(0), maximum: 100,
                        timeoutMilliseconds: 10_000)
                    return read.map { String(decoding: $0.value ?? [], as: UTF8.self) }
                }
                var first: KafkaProducer? = try KafkaProducer(configuration: configuration, settings: settings)
                try first?.initTransactions()
                try first?.beginTransaction()
                try write(first!, "doubtful")
                try first?.flush(timeoutMilliseconds: 10_000)
                if reachesTheBroker { way.mute() } else { way.hold(apiKey: 26) }
                let doubt = #expect(throws: KafkaError.self) {
                    try first?.commitTransaction(timeoutMilliseconds: 2_000)
                }
                #expect(doubt?.isRetriable == true && doubt?.isFatal == false, "\(String(describing: doubt))")
                // The one way out: no second commit, no abort, another producer of the same id.
                let second = try KafkaProducer(configuration: direct, settings: settings)
                try second.initTransactions()
                let settled = try committed()
                if !reachesTheBroker {
                    // The old one's request arrives after all, and is refused.
                    way.release()
                    let fenced = #expect(throws: KafkaError.self) {
                        try first?.commitTransaction(timeoutMilliseconds: 10_000)
                    }
                    #expect(fenced?.isFatal == true, "\(String(describing: fenced))")
                }
                first = nil
                try second.beginTransaction()
                try write(second, "certain")
                try second.commitTransaction()
                return [settled, try committed()]
            }
            let doubtful = reachesTheBroker ? (0..<3).map { "doubtful \($0)" } : []
            #expect(found[0] == doubtful)
            #expect(found[1] == doubtful + (0..<3).map { "certain \($0)" })
        }
    }
}
