import ArgumentParser

/// The service's options on the command line. A nil means: not given here; the environment, the file and the
/// defaults come next.
struct ArchiverOptions: ParsableArguments {
    @Option(help: "JSON file with settings.") var config: String?
    @Option(help: "host:port of one Kafka broker or more, separated by commas.") var kafkaBrokers: String?
    @Option(help: "The topic to archive (ad-events).") var kafkaTopic: String?
    @Option(help: "plaintext, ssl, sasl_plaintext or sasl_ssl.") var kafkaSecurityProtocol: String?
    @Option(help: "PEM file of the authorities that brokers are checked against.") var kafkaCaFile: String?
    @Option(help: "PEM file of the client's certificate.") var kafkaCertificateFile: String?
    @Option(help: "PEM file of the client's key.") var kafkaKeyFile: String?
    @Option(help: "File with the password of the client's key.") var kafkaKeyPasswordFile: String?
    @Option(help: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER.") var kafkaSaslMechanism: String?
    @Option(help: "SASL user.") var kafkaSaslUser: String?
    @Option(help: "File with the SASL password.") var kafkaSaslPasswordFile: String?
    @Option(help: "The folder of the archive; it must be there.") var archiveFolder: String?
    @Option(help: "A segment is finished at this size of its records before compression (256MiB).")
    var segmentBytes: String?
    @Option(help: "A segment is finished at this age (10m).") var segmentAge: String?
    @Option(help: "zstd's level, 1 to 19 (3).") var compressionLevel: String?
    @Option(help: "How long segments are kept, by their records' timestamps, at least 1h, such as 400d (0: for ever).")
    var retention: String?
    @Option(help: "Address of the admin endpoint (127.0.0.1); any but loopback needs a token.")
    var adminAddress: String?
    @Option(help: "Port of the admin endpoint (9465); 0 lets the system choose.") var adminPort: String?
    @Option(help: "File with the admin endpoint's bearer token.") var adminTokenFile: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (info).") var logLevel: String?
    @Option(help: "json or text (json).") var logFormat: String?

    /// By configuration key.
    var flags: [String: String?] {
        [
            "config": config, "kafka.brokers": kafkaBrokers, "kafka.topic": kafkaTopic,
            "kafka.security-protocol": kafkaSecurityProtocol, "kafka.ca-file": kafkaCaFile,
            "kafka.certificate-file": kafkaCertificateFile, "kafka.key-file": kafkaKeyFile,
            "kafka.key-password-file": kafkaKeyPasswordFile, "kafka.sasl-mechanism": kafkaSaslMechanism,
            "kafka.sasl-user": kafkaSaslUser, "kafka.sasl-password-file": kafkaSaslPasswordFile,
            "archive.folder": archiveFolder, "segment.bytes": segmentBytes, "segment.age": segmentAge,
            "compression.level": compressionLevel, "retention": retention, "admin.address": adminAddress,
            "admin.port": adminPort, "admin.token-file": adminTokenFile, "log.level": logLevel,
            "log.format": logFormat,
        ]
    }
}
