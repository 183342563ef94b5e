import Connectors
import Kafka
import Postgres
import Testing

/// What `spend-aggregator explain` says that signals rest on, and what shows while they wait.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct OutboxAssumptionTests {
    // assumption: one-relay-id
    @Test func aRelayFencesTheOneBeforeWhateverTheLockSays() async throws {
        let fixture = try await OutboxFixture()
        let first = RunningRelay(fixture).start()
        try fixture.write([0: 10])
        try await until("it is published") { first.recorder.told.messages == 10 }
        let second = RunningRelay(fixture, name: "b").start()
        try await until("the other one stands by") { second.recorder.told.standbys > 0 }
        // The lock is gone without the first one's knowledge: both believe that they may publish.
        try fixture.connection.query(
            """
            SELECT pg_terminate_backend(l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
            WHERE l.locktype = 'advisory' AND a.application_name = $1
            """, [.text(first.applicationName)])
        for _ in 0..<20 { try fixture.write([0: 5, 1: 5]) }
        try await until("everything is published") {
            try fixture.read().values.map(\.count).reduce(0, +) >= fixture.total
        }
        try first.stop()
        try second.stop()
        #expect(try fixture.read() == fixture.written.mapValues { Array(1...$0) })
        try fixture.close()
    }

    // assumption: positions-topic
    @Test func aLostPositionsTopicStopsTheRelayAndWhatWaitsShows() async throws {
        let fixture = try await OutboxFixture()
        let relay = RunningRelay(fixture).start()
        try fixture.write([0: 10])
        try await until("it is published") { relay.recorder.told.messages == 10 }
        try relay.stop()
        try KafkaAdmin(configuration: fixture.kafka).deleteTopic(fixture.topic + "-positions")
        try fixture.write([0: 4, 2: 3])
        let next = RunningRelay(fixture).start()
        try await until("it stops") { !next.recorder.told.stops.isEmpty }
        #expect(next.recorder.told.stops.first?.code == "position_lost")
        // Beside the remembered position: seven wait, and nothing is published.
        try await until("it is sampled") { next.recorder.told.samplesInTrouble > 0 }
        #expect(next.recorder.told.lanes.reduce(0) { $0 + $1.lag } == 7)
        #expect(next.recorder.told.messages == 0)
        try next.stop()
        try fixture.close()
    }

    @Test func messagesThatWaitShowWhileKafkaIsAway() async throws {
        let fixture = try await OutboxFixture()
        try fixture.write([0: 10, 1: 2])
        let relay = RunningRelay(fixture, kafka: KafkaClientConfiguration(bootstrapServers: ["127.0.0.1:1"])).start()
        try await until("it is sampled") { relay.recorder.told.samplesInTrouble > 0 }
        #expect(relay.recorder.told.lanes.reduce(0) { $0 + $1.lag } == 12)
        #expect(!relay.recorder.told.troubles.isEmpty)
        #expect(relay.recorder.told.messages == 0)
        try relay.stop()
        try fixture.close()
    }

    /// Waits until other threads have made a condition true.
    private func until(_ what: String, _ condition: () throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !condition() {
            try #require(ContinuousClock.now < deadline, "never came: \(what)")
            // Nothing tells when: it is looked at again.
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
