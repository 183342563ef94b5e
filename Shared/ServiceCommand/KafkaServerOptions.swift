public import ArgumentParser

/// How a service reaches Kafka, on its command line. A nil means: not given here.
public struct KafkaServerOptions: ParsableArguments {
    @Option(help: "host:port of one Kafka broker or more, separated by commas.") public var kafkaBrokers: String?
    @Option(help: "plaintext, ssl, sasl_plaintext or sasl_ssl.") public var kafkaSecurityProtocol: String?
    @Option(help: "PEM file of the authorities that brokers are checked against.") public var kafkaCaFile: String?
    @Option(help: "PEM file of the client's certificate.") public var kafkaCertificateFile: String?
    @Option(help: "PEM file of the client's key.") public var kafkaKeyFile: String?
    @Option(help: "File with the password of the client's key.") public var kafkaKeyPasswordFile: String?
    @Option(help: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER.")
    public var kafkaSaslMechanism: String?
    @Option(help: "SASL user.") public var kafkaSaslUser: String?
    @Option(help: "File with the SASL password.") public var kafkaSaslPasswordFile: String?

    public init() {}

    /// By configuration key.
    public var flags: [String: String?] {
        [
            "kafka.brokers": kafkaBrokers, "kafka.security-protocol": kafkaSecurityProtocol,
            "kafka.ca-file": kafkaCaFile, "kafka.certificate-file": kafkaCertificateFile,
            "kafka.key-file": kafkaKeyFile, "kafka.key-password-file": kafkaKeyPasswordFile,
            "kafka.sasl-mechanism": kafkaSaslMechanism, "kafka.sasl-user": kafkaSaslUser,
            "kafka.sasl-password-file": kafkaSaslPasswordFile,
        ]
    }
}
