import Connectors
import Kafka
import Postgres
import Streams

/// A relay on a thread of its own, with what it tells.
final class RunningRelay {
    let relay: OutboxRelay
    let recorder = RelayRecorder()
    /// What its sessions are called.
    let applicationName: String
    private var running: Pending<Void>?

    init(
        _ fixture: OutboxFixture, settings: OutboxRelay.Settings? = nil, name: String = "a",
        kafka: KafkaClientConfiguration? = nil, probe: (any OutboxProbe)? = nil
    ) {
        var postgres = fixture.postgres
        applicationName = postgres.applicationName + "-" + name
        postgres.applicationName = applicationName
        relay = OutboxRelay(
            settings ?? fixture.settings(), kafka: kafka ?? fixture.kafka, postgres: postgres, names: fixture.names,
            table: TestOutboxTable(fixture.names, output: fixture.output), observer: recorder, probe: probe)
    }

    @discardableResult
    func start() -> RunningRelay {
        let relay = relay
        running = Pending { relay.run() }
        return self
    }

    /// Waits for the end of a relay that dies by itself.
    func ended() throws { try running?.value() }

    func stop() throws {
        relay.stop()
        try ended()
    }
}
