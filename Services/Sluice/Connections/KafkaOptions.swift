import ArgumentParser
import Kafka

/// How a command reaches Kafka.
struct KafkaOptions: ParsableArguments {
    @Option(help: "Brokers, host:port with commas. [SLUICE_KAFKA_BROKERS; else the development servers]")
    var kafkaBrokers: String?

    @Option(help: "plaintext, ssl, sasl_plaintext or sasl_ssl. [SLUICE_KAFKA_SECURITY_PROTOCOL]")
    var kafkaSecurityProtocol: String?

    @Option(help: "PEM file of the authorities that brokers are checked against. [SLUICE_KAFKA_CA_FILE]")
    var kafkaCaFile: String?

    @Option(help: "PEM file of this client's certificate. [SLUICE_KAFKA_CERTIFICATE_FILE]")
    var kafkaCertificateFile: String?

    @Option(help: "PEM file of this client's key. [SLUICE_KAFKA_KEY_FILE]")
    var kafkaKeyFile: String?

    @Option(help: "File that holds the password of the key. [SLUICE_KAFKA_KEY_PASSWORD_FILE]")
    var kafkaKeyPasswordFile: String?

    @Option(help: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512. [SLUICE_KAFKA_SASL_MECHANISM]")
    var kafkaSaslMechanism: String?

    @Option(help: "The user for SASL. [SLUICE_KAFKA_SASL_USER]")
    var kafkaSaslUser: String?

    @Option(help: "File that holds the password for SASL. [SLUICE_KAFKA_SASL_PASSWORD_FILE]")
    var kafkaSaslPasswordFile: String?

    @Option(help: "A further property of librdkafka as name=value; may be given more than once.")
    var kafkaProperty: [String] = []

    /// Where Kafka is; nil where neither flag, environment nor running development servers say it.
    func configurationIfNamed() throws -> KafkaClientConfiguration? {
        let named = kafkaBrokers ?? Environment.value("SLUICE_KAFKA_BROKERS")
        let brokers = named ?? DevelopmentServers.running().kafkaBrokers
        guard let brokers else { return nil }
        let addresses = brokers.split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
        guard !addresses.isEmpty else { throw CommandFailure(.usage, "--kafka-brokers names no broker") }
        var extra: [String: String] = [:]
        for property in kafkaProperty {
            guard let equals = property.firstIndex(of: "="), equals != property.startIndex else {
                throw CommandFailure(.usage, "--kafka-property takes name=value, not \"\(property)\"")
            }
            extra[String(property[..<equals])] = String(property[property.index(after: equals)...])
        }
        let keyPasswordFile = kafkaKeyPasswordFile ?? Environment.value("SLUICE_KAFKA_KEY_PASSWORD_FILE")
        let passwordFile = kafkaSaslPasswordFile ?? Environment.value("SLUICE_KAFKA_SASL_PASSWORD_FILE")
        return KafkaClientConfiguration(
            bootstrapServers: addresses, clientID: "sluice-command",
            securityProtocol: kafkaSecurityProtocol ?? Environment.value("SLUICE_KAFKA_SECURITY_PROTOCOL"),
            certificateAuthorityLocation: kafkaCaFile ?? Environment.value("SLUICE_KAFKA_CA_FILE"),
            certificateLocation: kafkaCertificateFile ?? Environment.value("SLUICE_KAFKA_CERTIFICATE_FILE"),
            keyLocation: kafkaKeyFile ?? Environment.value("SLUICE_KAFKA_KEY_FILE"),
            keyPassword: try keyPasswordFile.map(Environment.secret(inFile:)),
            saslMechanism: kafkaSaslMechanism ?? Environment.value("SLUICE_KAFKA_SASL_MECHANISM"),
            saslUser: kafkaSaslUser ?? Environment.value("SLUICE_KAFKA_SASL_USER"),
            saslPassword: try passwordFile.map(Environment.secret(inFile:)), extra: extra)
    }

    /// - Throws: `CommandFailure` (.usage) where nothing says where Kafka is.
    func configuration() throws -> KafkaClientConfiguration {
        guard let configuration = try configurationIfNamed() else {
            throw CommandFailure(
                .usage, "no Kafka is named: give --kafka-brokers or SLUICE_KAFKA_BROKERS, or run `sluice dev up`")
        }
        return configuration
    }
}

extension Substring {
    /// Without the blanks around it.
    fileprivate func trimmingSpaces() -> String {
        var text = self
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
