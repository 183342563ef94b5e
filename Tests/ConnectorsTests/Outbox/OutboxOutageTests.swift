import Connectors
import Glibc
import Kafka
import LocalServers
import Streams
import Testing

/// Servers that stop, restart or stand still under a relay: always private ones.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct OutboxOutageTests {
    @Test func theBrokerIsRestarted() async throws {
        try await withLocalBroker { broker in
            let fixture = try await OutboxFixture(brokers: broker.brokers)
            var settings = fixture.settings()
            settings.commitTimeoutMilliseconds = 2_000
            let relay = RunningRelay(fixture, settings: settings).start()
            for round in 0..<3 {
                try fixture.write([0: 50, 1: 10, Int32(10 + round): 5])
                try await fixture.expectEachOnce()
                try await broker.stop()
                try fixture.write([0: 50, 4: 10])
                let troubles = relay.recorder.told.troubles.count
                try await fixture.until("the relay tells of it") { relay.recorder.told.troubles.count > troubles }
                try await broker.start()
            }
            try await fixture.expectEachOnce()
            #expect(relay.recorder.told.stops.isEmpty)
            try relay.stop()
            try fixture.close()
        }
    }

    @Test(arguments: [LocalPostgres.StopMode.fast, .immediate])
    func theDatabaseIsRestarted(_ mode: LocalPostgres.StopMode) async throws {
        try await withLocalPostgres { server in
            let fixture = try await OutboxFixture(postgres: server.connectionString)
            let relay = RunningRelay(fixture).start()
            for _ in 0..<3 {
                try fixture.write([0: 50, 1: 10])
                try await fixture.expectEachOnce()
                try await server.stop(mode: mode)
                try await fixture.until("the relay tells of it") {
                    relay.recorder.told.lost > 0 && !relay.recorder.told.troubles.isEmpty
                }
                try await server.start()
                try fixture.reconnect()
            }
            try fixture.write([0: 50, 3: 10])
            try await fixture.expectEachOnce()
            #expect(relay.recorder.told.stops.isEmpty && relay.recorder.told.fenced == 0)
            try relay.stop()
            try fixture.close()
        }
    }

    // pitfall: kafka-transaction-in-doubt
    /// The broker stands still when the commit is sent: no answer comes in time, and what becomes of the request is open.
    @Test func aCommitWithoutAnAnswerIsLookedUp() async throws {
        try await withLocalBroker { broker in
            let fixture = try await OutboxFixture(brokers: broker.brokers)
            var settings = fixture.settings()
            settings.commitTimeoutMilliseconds = 1_000
            settings.batchMessages = 20
            let probe = RelayProbe(.hold, at: .commit, .before, arrival: 2)
            let relay = RunningRelay(fixture, settings: settings, probe: probe).start()
            try fixture.write([0: 20, 1: 20])
            try await fixture.until("the second commit is next") { probe.isReached }
            let process = try #require(broker.process)
            process.signal(SIGSTOP)
            defer { process.signal(SIGCONT) }
            probe.release()
            try await fixture.until("the relay gives it up") { !relay.recorder.told.troubles.isEmpty }
            try fixture.write([0: 20, 2: 20])
            process.signal(SIGCONT)
            try await fixture.expectEachOnce()
            #expect(relay.recorder.told.stops.isEmpty)
            try relay.stop()
            try fixture.close()
        }
    }
}
