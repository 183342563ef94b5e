import Glibc
public import Kafka
public import Postgres
public import Runtime

/// The settings of a service's connections, under the same keys everywhere.
extension ServiceConfigurationReader {
    /// `kafka.brokers` and what secures the way to them.
    /// - Parameter isNeeded: false for commands that only touch the database; the brokers may then be left out.
    public func kafkaClient(clientID: String, isNeeded: Bool = true) throws -> KafkaClientConfiguration {
        let brokers = isNeeded ? try string("kafka.brokers") : try string("kafka.brokers", default: "")
        var kafka = KafkaClientConfiguration(
            bootstrapServers: brokers.split(separator: ",").map(String.init), clientID: clientID)
        kafka.securityProtocol = try optionalString("kafka.security-protocol")
        kafka.certificateAuthorityLocation = try optionalString("kafka.ca-file")
        kafka.certificateLocation = try optionalString("kafka.certificate-file")
        kafka.keyLocation = try optionalString("kafka.key-file")
        kafka.keyPassword = try secret("kafka.key-password")?.withValue { $0 }
        kafka.saslMechanism = try optionalString("kafka.sasl-mechanism")
        kafka.saslUser = try optionalString("kafka.sasl-user")
        kafka.saslPassword = try secret("kafka.sasl-password")?.withValue { $0 }
        return kafka
    }

    /// `postgres` and the file `postgres.password-file`.
    public func postgresClient(applicationName: String) throws -> PostgresConfiguration {
        var postgres = PostgresConfiguration(
            connectionString: try string("postgres"), applicationName: applicationName)
        postgres.password = try secret("postgres.password")?.withValue { $0 }
        return postgres
    }

    /// Variables of the operators' command, the demo and the tests, which share the environment with the services: not
    /// settings of theirs, and no mistake.
    public static var foreignVariables: [String] {
        var names = ["broker-bin", "dev-root", "bin-dir", "debug-bin-dir", "pg-bin", "mutant"]
        #if SLUICE_MUTANTS
            names.append("crash-at")
        #endif
        return names
    }

    /// The host's name, as a default for what must differ between processes.
    /// - Parameter fallback: where the host has none.
    public static func hostName(fallback: String) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, 255) == 0 else { return fallback }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
