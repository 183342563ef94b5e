import Kafka
import Objectives
import Postgres
import Runtime
import ServiceCommand
import Synchronization
import Testing

struct CertificateWatchTests {
    private struct Unreadable: Error, CustomStringConvertible { var description: String { "no right to read it" } }

    private static let now: Int64 = 1_700_000_000
    private static let day: Int64 = 86_400

    /// A watch over three files, of which the first one's end is moved by the test.
    private func watch(_ registry: OpenMetricsRegistry, _ end: @escaping @Sendable () throws -> Int64)
        -> CertificateWatch
    {
        var kafka = KafkaClientConfiguration(bootstrapServers: ["b:1"])
        kafka.certificateAuthorityLocation = "/etc/kafka-ca.pem"
        kafka.certificateLocation = "/etc/client.pem"
        let postgres = PostgresConfiguration(connectionString: "host=db sslrootcert=/etc/pg-ca.pem sslcert=")
        return CertificateWatch(kafka: kafka, postgres: postgres, registry, unixSeconds: { Self.now }) { path in
            path == "/etc/client.pem" ? try end() : Self.now + 100 * Self.day
        }
    }

    @Test("14 days are enough and a second less is not; one that has ended or cannot be read is near its end, too")
    func near() throws {
        let registry = OpenMetricsRegistry()
        let left = Mutex<Int64?>(14 * Self.day)
        let watch = watch(registry) {
            guard let left = left.withLock({ $0 }) else { throw Unreadable() }
            return Self.now + left
        }
        #expect(watch.indication.value == nil)
        watch.read()
        #expect(watch.indication.value == 0)
        #expect(watch.indication.cause == nil)
        left.withLock { $0 = 14 * Self.day - 1 }
        watch.read()
        #expect(watch.indication.value == 1)
        #expect(watch.indication.cause == "kafka-client /etc/client.pem ends in 13 days")
        left.withLock { $0 = -1 }
        watch.read()
        #expect(watch.indication.cause == "kafka-client /etc/client.pem has ended")
        left.withLock { $0 = nil }
        watch.read()
        #expect(watch.indication.value == 1)
        #expect(watch.indication.cause == "kafka-client /etc/client.pem: no right to read it")
        // A renewed file is seen at the next look.
        left.withLock { $0 = 90 * Self.day }
        watch.read()
        #expect(watch.indication.value == 0)
        let text = registry.exposition()
        for use in ["kafka-ca", "kafka-client", "postgres-ca"] {
            #expect(text.contains("sluice_certificate_not_after_timestamp_seconds{use=\"\(use)\"} "))
        }
        #expect(!text.contains("postgres-client"))
    }

    @Test("without files there is nothing to measure")
    func none() {
        let watch = CertificateWatch(kafka: nil, postgres: nil, OpenMetricsRegistry()) { _ in throw Unreadable() }
        watch.read()
        #expect(watch.indication.value == nil)
    }
}
