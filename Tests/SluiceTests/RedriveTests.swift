import Kafka
import LocalServers
import Postgres
import Streams
import Testing

@testable import Sluice

/// Dead letters against a real PostgreSQL and a real broker.
@Suite struct RedriveTests {
    /// Tables with dead letters and the topic that they came from.
    private final class Fixture {
        let tables: ResultTables
        let topic: String
        let kafka: KafkaClientConfiguration
        var store: DeadLetterStore {
            DeadLetterStore(schemas: tables.schemas, job: ResultTables.job, connection: tables.connection)
        }

        init() async throws {
            tables = try await ResultTables()
            topic = TestServers.uniqueName("redrive")
            kafka = KafkaClientConfiguration(bootstrapServers: [try await TestServers.brokers()])
            try KafkaAdmin(configuration: kafka).createTopic(
                topic, partitions: 2, configuration: ["retention.ms": "-1"])
            try tables.connection.query(
                """
                INSERT INTO \(tables.schemas.deadLetter)
                    (job, topic, partition, record_offset, reason, record_timestamp, record_key, payload, headers)
                VALUES
                    ('spend-aggregator', $1, 1, 5, 'undecodable', '2026-01-15 08:00:00.123+00', '10', '\\x0a10ff',
                        '[{"name": "trace", "value": "AP8="}, {"name": "none", "value": null}]'),
                    ('spend-aggregator', $1, 1, 6, 'empty_payload', '2026-01-15 08:00:01+00', NULL, NULL, '[]'),
                    ('spend-aggregator', $1, 0, 7, 'empty_payload', NULL, '', '', '[]'),
                    ('another-job', $1, 0, 8, 'price', NULL, NULL, NULL, '[]')
                """, [.text(topic)])
        }

        func place(_ partition: Int32, _ offset: Int64) -> DeadLetterStore.Place {
            DeadLetterStore.Place(topic: topic, partition: partition, offset: offset)
        }

        func records(_ partition: Int32) throws -> [KafkaStoredRecord] {
            let reader = try KafkaRecordReader(configuration: kafka)
            return try reader.read(
                topic: topic, partition: Partition(partition), from: Offset(0), maximum: 100,
                timeoutMilliseconds: 10_000)
        }
    }

    /// A topic that was made again can have had a letter at the same offset before: the one of the log that is there
    /// is sent first, and marked alone; the older ones are not hidden behind it.
    @Test func ofTwoLettersAtOnePlaceTheNewerIsMeant() async throws {
        let fixture = try await Fixture()
        let letters = fixture.tables.schemas.deadLetter
        try fixture.tables.connection.query(
            """
            INSERT INTO \(letters) (job, topic, partition, record_offset, reason, payload, headers, at) VALUES
                ('spend-aggregator', $1, 1, 5, 'undecodable', '\\xffff', '[]', '2020-01-01 00:00:00.000001'),
                ('spend-aggregator', $1, 1, 5, 'undecodable', '\\xfffe',
                    '[{"name": "old", "value": "AP8="}]', '2020-01-01 00:00:00.000002')
            """, [.text(fixture.topic)])
        let redrive = try Redrive(store: fixture.store, kafka: fixture.kafka)
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .sent(offset: 0))
        #expect(try fixture.records(1).map(\.value) == [[0x0A, 0x10, 0xFF]])
        let marked = try fixture.tables.connection.query(
            "SELECT count(redriven_at), min(redriven_offset) FROM \(letters) WHERE partition = 1 AND record_offset = 5")
        #expect(try marked[0].int64(0) == 1 && marked[0].int64(1) == 0)

        let older = try #require(try fixture.store.letter(at: fixture.place(1, 5)))
        #expect(older.payload == [0xFF, 0xFE] && older.redrivenAtMilliseconds == nil)
        #expect(older.headers == [RecordHeader(name: "old", value: [0, 255])])
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .sent(offset: 1))
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .sent(offset: 2))
        #expect(try fixture.records(1).map(\.value) == [[0x0A, 0x10, 0xFF], [0xFF, 0xFE], [0xFF, 0xFF]])
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .alreadyDone)
        // Where all are sent the newest is shown.
        #expect(try fixture.store.letter(at: fixture.place(1, 5))?.payload == [0x0A, 0x10, 0xFF])
    }

    @Test func aLetterIsSentAsItWasAndMarked() async throws {
        let fixture = try await Fixture()
        let redrive = try Redrive(store: fixture.store, kafka: fixture.kafka)
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .sent(offset: 0))
        #expect(try redrive.redrive(fixture.place(1, 6), payload: nil, again: false) == .sent(offset: 1))
        #expect(try redrive.redrive(fixture.place(0, 7), payload: nil, again: false) == .sent(offset: 0))

        let sent = try fixture.records(1)
        #expect(sent.count == 2)
        #expect(sent[0].timestampMilliseconds == 1_768_464_000_123)
        #expect(sent[0].key == Array("10".utf8))
        #expect(sent[0].value == [0x0A, 0x10, 0xFF])
        #expect(
            sent[0].headers == [RecordHeader(name: "trace", value: [0, 255]), RecordHeader(name: "none", value: nil)])
        #expect(sent[1].key == nil)
        #expect(sent[1].value == nil)
        let empty = try fixture.records(0)
        #expect(empty.map(\.value) == [[]])

        let letter = try #require(try fixture.store.letter(at: fixture.place(1, 6)))
        #expect(letter.redrivenOffset == 1)
        #expect(letter.redrivenAtMilliseconds != nil)
        // Once is enough, unless it is asked for again.
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .alreadyDone)
        #expect(try fixture.records(1).count == 2)
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: true) == .sent(offset: 2))
        #expect(try redrive.redrive(fixture.place(1, 99), payload: nil, again: false) == .unavailable)
        #expect(try redrive.redrive(fixture.place(0, 8), payload: nil, again: false) == .unavailable)
    }

    @Test func aCorrectedPayloadIsSentInstead() async throws {
        let fixture = try await Fixture()
        let redrive = try Redrive(store: fixture.store, kafka: fixture.kafka)
        #expect(try redrive.redrive(fixture.place(1, 5), payload: [1, 2, 3], again: false) == .sent(offset: 0))
        #expect(try fixture.records(1).first?.value == [1, 2, 3])
        // What was stored stays.
        #expect(try fixture.store.letter(at: fixture.place(1, 5))?.payload == [0x0A, 0x10, 0xFF])
    }

    @Test func twoOperatorsDoNotSendTheSameLetter() async throws {
        let fixture = try await Fixture()
        let other = try PostgresConnection(fixture.tables.configuration)
        try other.execute("BEGIN")
        let held = DeadLetterStore(schemas: fixture.tables.schemas, job: ResultTables.job, connection: other)
        #expect(try held.letter(at: fixture.place(1, 5), locking: true) != nil)
        let redrive = try Redrive(store: fixture.store, kafka: fixture.kafka)
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .unavailable)
        try other.execute("ROLLBACK")
        #expect(try redrive.redrive(fixture.place(1, 5), payload: nil, again: false) == .sent(offset: 0))
    }

    @Test func aLetterThatCannotBeSentIsNotMarked() async throws {
        let fixture = try await Fixture()
        try fixture.tables.connection.execute(
            "UPDATE \(fixture.tables.schemas.deadLetter) SET partition = 77 WHERE record_offset = 5")
        let redrive = try Redrive(store: fixture.store, kafka: fixture.kafka)
        #expect(throws: (any Error).self) {
            try redrive.redrive(fixture.place(77, 5), payload: nil, again: false)
        }
        #expect(try fixture.store.letter(at: fixture.place(77, 5))?.redrivenAtMilliseconds == nil)
        // The connection can be used for the next letter.
        #expect(try redrive.redrive(fixture.place(1, 6), payload: nil, again: false) == .sent(offset: 0))
    }

    @Test func listsAndCounts() async throws {
        let fixture = try await Fixture()
        let store = fixture.store
        let all = try store.list(DeadLetterStore.Filter(), limit: 10)
        #expect(
            all.rows.map { [$0[1], $0[2]] } == [
                [.identifier(0), .identifier(7)], [.identifier(1), .identifier(5)], [.identifier(1), .identifier(6)],
            ])
        #expect(all.rows.map { $0[5] } == [.number(0), .number(3), .null])
        #expect(
            try store.counts(DeadLetterStore.Filter()).rows == [
                [.text("empty_payload"), .number(2), .number(0)], [.text("undecodable"), .number(1), .number(0)],
            ])
        #expect(try store.places(DeadLetterStore.Filter(reason: "empty_payload", partition: 1), limit: 9).count == 1)
        let letter = try #require(try store.letter(at: fixture.place(1, 5)))
        try store.markRedriven(letter, offset: 3)
        #expect(try store.places(DeadLetterStore.Filter(isRedriven: false), limit: 9).count == 2)
        #expect(try store.places(DeadLetterStore.Filter(isRedriven: true), limit: 9) == [fixture.place(1, 5)])
        try fixture.tables.connection.execute("DELETE FROM \(fixture.tables.schemas.deadLetter) WHERE partition = 1")
        #expect(throws: CommandFailure.self) { try store.markRedriven(letter, offset: 3) }
    }

    @Test func showsBytesAndFields() async throws {
        let fixture = try await Fixture()
        let letter = try #require(try fixture.store.letter(at: fixture.place(1, 5)))
        let text = ShowCommand.text(letter)
        #expect(text.contains("reason            undecodable"))
        #expect(text.contains("record timestamp  2026-01-15T08:00:00.123Z"))
        #expect(text.contains("key               \"10\""))
        #expect(text.contains("header trace      0x00ff"))
        #expect(text.contains("header none       null"))
        #expect(text.contains("0a 10 ff"))
        #expect(text.contains("the bytes do not decode"))

        var run = EventStream(shape: StreamShape(seed: 41, events: 1))
        let first = run.next()
        let record = try #require(first)
        var encoder = RecordEncoder()
        let payload = encoder.withPayload(of: record) { Array($0 ?? UnsafeRawBufferPointer(start: nil, count: 0)) }
        let fields = try #require(ShowCommand.fields(of: payload))
        #expect(fields.first { $0.name == "campaign_id" }?.value == String(record.event.campaign))
        #expect(fields.first { $0.name == "event_id" }?.value == HexDump.plain(record.event.idBytes))
    }
}
