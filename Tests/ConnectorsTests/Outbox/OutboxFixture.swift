import Connectors
import Kafka
import LocalServers
import Postgres
import Streams
import Testing

/// An installation with an outbox table of its own and a topic of its own, on real servers.
final class OutboxFixture {
    let postgres: PostgresConfiguration
    let kafka: KafkaClientConfiguration
    let names: DatabaseNames
    private(set) var connection: PostgresConnection
    let output = "numbers"
    let topic = TestServers.uniqueName("outbox")
    /// What has been written so far: the last number of each lane.
    private(set) var written: [Int32: Int64] = [:]

    /// On the shared servers, where none are named.
    init(postgres: String? = nil, brokers: String? = nil) async throws {
        let connectionString: String
        if let postgres { connectionString = postgres } else { connectionString = try await TestServers.postgres() }
        let addresses: String
        if let brokers { addresses = brokers } else { addresses = try await TestServers.brokers() }
        self.postgres = PostgresConfiguration(
            connectionString: connectionString, applicationName: TestServers.uniqueName("tests"))
        kafka = KafkaClientConfiguration(
            bootstrapServers: addresses.split(separator: ",").map(String.init), clientID: "outbox-tests")
        names = try DatabaseNames(prefix: TestServers.uniqueName("outbox").lowercased() + "_")
        connection = try PostgresConnection(self.postgres)
        try ProgressMigrations.migrator(names).apply(on: connection)
        try connection.execute(
            """
            CREATE TABLE \(table) (
                lane int4 NOT NULL, sequence int8 NOT NULL, text text NOT NULL, at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (lane, sequence))
            """)
    }

    var table: String { names.table("sluice", "test_message") }

    func close() throws {
        try connection.execute("DROP SCHEMA \(quoteIdentifier(names.schema("sluice"))) CASCADE")
        connection.close()
    }

    /// After a restart of the server.
    func reconnect() throws { connection = try PostgresConnection(postgres) }

    func settings() -> OutboxRelay.Settings {
        var settings = OutboxRelay.Settings(job: "job-\(topic)", output: output, topic: topic, partitions: 3)
        settings.replication = 1
        settings.pollMilliseconds = 20
        settings.electionMilliseconds = 100
        settings.sampleMilliseconds = 100
        settings.commitTimeoutMilliseconds = 10_000
        return settings
    }

    /// Writes the next messages of lanes in one transaction, as a checkpoint would. The text of a message is what it
    /// says, whatever its sequence: `LANE:NUMBER`, counted by the test.
    func write(_ counts: [Int32: Int], on other: PostgresConnection? = nil) throws {
        let connection = other ?? connection
        try connection.execute("BEGIN")
        for (lane, count) in counts.sorted(by: { $0.key < $1.key }) {
            let first = (written[lane] ?? 0) + 1
            let last = first + Int64(count) - 1
            try connection.query(
                """
                WITH given AS (
                    INSERT INTO \(names.table("sluice", "outbox_lane")) AS l (output, lane, last_sequence)
                    VALUES ($1, $2::int4, $3::int8)
                    ON CONFLICT (output, lane) DO UPDATE SET last_sequence = l.last_sequence + $3::int8
                    RETURNING last_sequence - $3::int8 AS before
                )
                INSERT INTO \(table) (lane, sequence, text)
                SELECT $2::int4, before + n, $2::int4 || ':' || ($4::int8 + n - 1)
                FROM given, generate_series(1, $3::int8) AS n
                """, [.text(output), .int8(Int64(lane)), .int8(Int64(count)), .int8(first)])
            written[lane] = last
        }
        try connection.execute("COMMIT")
    }

    // MARK: What a reader sees

    /// What a reader of committed records has of each lane, in its order.
    func read() throws -> [Int32: [Int64]] {
        var seen: [Int32: [Int64]] = [:]
        let reader = try KafkaRecordReader(configuration: kafka)
        for (partition, low, high) in try ends(of: topic) where low < high {
            try reader.forEach(topic: topic, partition: partition, from: low, to: high) { record in
                let stored = KafkaStoredRecord(copying: record)
                let parts = String(decoding: stored.value ?? [], as: UTF8.self).split(separator: ":")
                let lane = try #require(parts.first.flatMap { Int32($0) })
                #expect(partition.rawValue == lane % 3)
                #expect(stored.key == Array("lane \(lane)".utf8))
                #expect(stored.headers.map(\.name) == ["sequence"])
                seen[lane, default: []].append(try #require(parts.last.flatMap { Int64($0) }))
            }
        }
        return seen
    }

    /// Nothing where the topic is not there yet, or not everywhere.
    private func ends(of topic: String) throws -> [(partition: Partition, low: Offset, high: Offset)] {
        do {
            return try KafkaAdmin(configuration: kafka).watermarkOffsets(topic: topic)
        } catch {
            guard error.code == .unknownTopicOrPartition || error.code.name == "_UNKNOWN_PARTITION" else { throw error }
            return []
        }
    }

    /// The positions as a reader of committed records finds them: the last record of each key.
    func positions() throws -> [String: String] {
        var positions: [String: String] = [:]
        let topic = topic + "-positions"
        guard let ends = try ends(of: topic).first else { return [:] }
        try KafkaRecordReader(configuration: kafka).forEach(
            topic: topic, partition: Partition(0), from: ends.low, to: ends.high
        ) { record in
            let stored = KafkaStoredRecord(copying: record)
            positions[String(decoding: stored.key ?? [], as: UTF8.self)] =
                String(decoding: stored.value ?? [], as: UTF8.self)
        }
        return positions
    }

    /// Waits until a reader has everything that was written, then expects each once and in order.
    func expectEachOnce(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        try await until("everything is published") { try read().values.map(\.count).reduce(0, +) >= total }
        for (lane, numbers) in try read() {
            #expect(numbers == Array(1...(written[lane] ?? 1)), "lane \(lane)", sourceLocation: sourceLocation)
        }
        #expect(try read().count == written.count, sourceLocation: sourceLocation)
    }

    var total: Int { Int(written.values.reduce(0, +)) }

    /// Waits until other threads have made a condition true.
    func until(_ what: String, within limit: Duration = .seconds(60), _ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + Patience.stretching(limit)
        while try !condition() {
            try #require(ContinuousClock.now < deadline, "never came: \(what)")
            // Nothing tells when: it is looked at again.
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends the sessions that hold a relay's lock, as a network that breaks does.
    @discardableResult
    func endLockSessions(of applicationName: String? = nil) throws -> Int64 {
        try connection.query(
            """
            SELECT count(pg_terminate_backend(l.pid)) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
            WHERE l.locktype = 'advisory' AND a.application_name = $1
            """, [.text(applicationName ?? postgres.applicationName)])[0].int64(0)
    }
}
