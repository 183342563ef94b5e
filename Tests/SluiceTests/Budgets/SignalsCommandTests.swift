import Kafka
import LocalServers
import Postgres
import Schemas
import Streams
import Testing

@testable import Sluice

/// `signals` against a real broker and tables made by hand.
@Suite struct SignalsCommandTests {
    private static func signal(_ number: Int) -> BudgetSignal {
        BudgetSignal(
            campaignID: 70, advertiserID: 3, currency: CurrencyCode("USD")!, kind: .crossed, budget: .daily,
            thresholdPercent: [50, 80, 95, 100][number], day: "2026-11-25", budgetNanos: 1_000,
            spentNanos: number == 3 ? .max : 990, budgetVersion: 2,
            sources: [
                SourceOffset(topic: "ad-events", partition: 1, nextOffset: 77),
                SourceOffset(topic: "spend-adjustments", partition: 1),
            ],
            lane: 1, sequence: Int64(number + 1), decidedAtMilliseconds: 1_764_000_000_000 + Int64(number))
    }

    private static func produce(_ numbers: [Int], to topic: String, _ kafka: KafkaClientConfiguration) throws {
        let producer = try KafkaProducer(configuration: kafka)
        for number in numbers {
            try Array("70".utf8).withUnsafeBytes { key in
                try BudgetSignalWriter.encode(signal(number)).withUnsafeBytes {
                    try producer.produce(topic: topic, partition: Partition(1), key: key, value: $0)
                }
            }
        }
        try producer.flush(timeoutMilliseconds: 10_000)
    }

    private static func tables() async throws -> ResultTables {
        let tables = try await ResultTables()
        try tables.connection.execute(
            """
            CREATE TABLE \(tables.schemas.spend("signal")) (lane int4, sequence int8, campaign_id int8, advertiser_id int8,
                currency text, kind text, budget text, threshold_percent int4, day date, budget_nanos int8,
                spent_nanos numeric(38, 0), budget_version int8, sources jsonb, decided_at timestamptz);
            """)
        for number in 0..<4 {
            let signal = signal(number)
            try tables.connection.execute(
                """
                INSERT INTO \(tables.schemas.spend("signal")) VALUES (1, \(signal.sequence), 70, 3, 'USD', 'crossed', 'daily',
                    \(signal.thresholdPercent), '2026-11-25', 1000, \(number == 3 ? "99999999999999999999" : "990"), 2,
                    '[{"topic": "ad-events", "partition": 1, "next_offset": 77},
                      {"topic": "spend-adjustments", "partition": 1, "next_offset": null}]',
                    to_timestamp(1764000000 + \(number)::numeric / 1000))
                """)
        }
        return tables
    }

    @Test func whatIsPublishedIsComparedWithWhatWasDecided() async throws {
        let brokers = try await TestServers.brokers()
        let kafka = KafkaClientConfiguration(bootstrapServers: [brokers])
        let topic = TestServers.uniqueName("signals")
        let tables = try await Self.tables()
        let command = [
            "signals", "--kafka-brokers", brokers, "--topic", topic, "--postgres",
            tables.configuration.connectionString, "--schema-prefix", tables.schemas.prefix,
        ]
        #expect(await SluiceCommand.execute(command) == 2)
        try KafkaAdmin(configuration: kafka).createTopic(topic, partitions: 4)
        try Self.produce([0, 1], to: topic, kafka)
        #expect(await SluiceCommand.execute(command) == 0)
        #expect(await SluiceCommand.execute(command + ["--verify"]) == 1)
        // The rest comes while it waits.
        async let waiting = SluiceCommand.execute(command + ["--verify", "--wait", "30s", "--last", "2"])
        try Self.produce([2, 3], to: topic, kafka)
        #expect(await waiting == 0)
        for format in ["csv", "json"] {
            #expect(await SluiceCommand.execute(command + ["--verify", "--format", format, "--campaign", "70"]) == 0)
        }
        try Self.produce([3], to: topic, kafka)
        #expect(await SluiceCommand.execute(command + ["--verify"]) == 1)
        #expect(await SluiceCommand.execute(command + ["--wait", "soon"]) == 2)
        #expect(await SluiceCommand.execute(command + ["--last", "-1"]) == 2)
    }

    @Test func anAbortedTransactionIsNotSeen() async throws {
        let kafka = KafkaClientConfiguration(bootstrapServers: [try await TestServers.brokers()])
        let topic = TestServers.uniqueName("signals")
        try KafkaAdmin(configuration: kafka).createTopic(topic, partitions: 2)
        let producer = try KafkaProducer(
            configuration: kafka, settings: KafkaProducer.Settings(transactionalID: topic))
        try producer.initTransactions(timeoutMilliseconds: 10_000)
        let log = try SignalLog(kafka: kafka, topic: topic)
        for (number, isCommitted) in [(0, false), (1, true)] {
            try producer.beginTransaction()
            try BudgetSignalWriter.encode(Self.signal(number)).withUnsafeBytes {
                try producer.produce(topic: topic, partition: Partition(1), value: $0)
            }
            if isCommitted {
                try producer.commitTransaction(timeoutMilliseconds: 10_000)
            } else {
                try producer.flush(timeoutMilliseconds: 10_000)
                try producer.abortTransaction(timeoutMilliseconds: 10_000)
            }
        }
        let (partition, value) = (Partition(0), Array("x".utf8))
        let other = try KafkaProducer(configuration: kafka)
        try value.withUnsafeBytes { try other.produce(topic: topic, partition: partition, value: $0) }
        try other.flush(timeoutMilliseconds: 10_000)
        try await until("the committed signal is there") {
            try log.advance()
            return log.count == 1
        }
        #expect(log.published.map(\.signal) == [Self.signal(1)])
        #expect(log.unreadable == ["\(topic)/0 has a record at offset 0 that is no signal"])
    }

    private func until(_ what: String, _ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(20))
        while try !condition() {
            try #require(ContinuousClock.now < deadline, "waited in vain until \(what)")
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    @Test func theTableShowsTheLastOnesInTheOrderOfDecisions() {
        let signals = (0..<4).map(Self.signal).reversed()
        let table = SignalTable.table(of: Array(signals), last: 2)
        #expect(table.rows.map { $0[4] } == [.number(95), .number(100)])
        #expect(SignalTable.table(of: Array(signals), campaign: 71).rows.isEmpty)
        let csv = SignalTable.table(of: [Self.signal(0)], .csv).rendered(as: .csv)
        #expect(csv.contains("crossed") && csv.contains("ad-events/1:77 spend-adjustments/1:0"))
    }
}
