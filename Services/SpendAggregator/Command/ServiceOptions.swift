import ArgumentParser

/// The service's options on the command line. A nil means: not given here; the environment, the file and the
/// defaults come next.
struct ServiceOptions: ParsableArguments {
    @Option(help: "JSON file with settings.") var config: String?
    @Option(help: "host:port of one Kafka broker or more, separated by commas.") var kafkaBrokers: String?
    @Option(help: "Topic of ad events (ad-events).") var kafkaTopic: String?
    @Option(help: "true where the topic skips no offset, so that one it skips stops the partition (false).")
    var kafkaContiguous: String?
    @Option(help: "Consumer group (the job's name).") var kafkaGroup: String?
    @Option(help: "Static member id, one a process, kept over restarts (the host's name).")
    var kafkaInstanceId: String?
    @Option(help: "How long a silent member keeps its partitions (15s).") var kafkaSessionTimeout: String?
    @Option(help: "plaintext, ssl, sasl_plaintext or sasl_ssl.") var kafkaSecurityProtocol: String?
    @Option(help: "PEM file of the authorities that brokers are checked against.") var kafkaCaFile: String?
    @Option(help: "PEM file of the client's certificate.") var kafkaCertificateFile: String?
    @Option(help: "PEM file of the client's key.") var kafkaKeyFile: String?
    @Option(help: "File with the password of the client's key.") var kafkaKeyPasswordFile: String?
    @Option(help: "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, GSSAPI or OAUTHBEARER.") var kafkaSaslMechanism: String?
    @Option(help: "SASL user.") var kafkaSaslUser: String?
    @Option(help: "File with the SASL password.") var kafkaSaslPasswordFile: String?
    @Option(help: "libpq connection string or URI; TLS by its sslmode, sslrootcert and so on.") var postgres: String?
    @Option(help: "File with PostgreSQL's password.") var postgresPasswordFile: String?
    @Option(help: "Put before the schemas' names, to keep installations apart.") var schemaPrefix: String?
    @Option(help: "The job's name in the progress table (spend-aggregator).") var job: String?
    @Option(help: "How long an event id is remembered, in the log's own time (10m).") var dedupHorizon: String?
    @Option(help: "Most ids to remember for one partition (50000000).") var dedupMaximumIds: String?
    @Option(help: "How far the watermark stays behind the log's own time (30s).") var watermarkDelay: String?
    @Option(help: "How often results are committed (1s).") var checkpointInterval: String?
    @Option(help: "Topic of adjustments, such as spend-adjustments (none).") var adjustmentsTopic: String?
    @Option(help: "Topic of budgets, such as campaign-budgets (none); needs --signals-topic.")
    var budgetsTopic: String?
    @Option(help: "Topic that budget signals are published to, such as budget-signals (none).")
    var signalsTopic: String?
    @Option(help: "Partitions of the signals' topic where it has to be made (16).") var signalsPartitions: String?
    @Option(help: "How long minutes are kept, at least 7d (0: for ever).") var retentionMinutes: String?
    @Option(help: "Address of the admin endpoint (127.0.0.1); any but loopback needs a token.")
    var adminAddress: String?
    @Option(help: "Port of the admin endpoint (9464); 0 lets the system choose.") var adminPort: String?
    @Option(help: "File with the admin endpoint's bearer token.") var adminTokenFile: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical (info).") var logLevel: String?
    @Option(help: "json or text (json).") var logFormat: String?

    /// By configuration key.
    var flags: [String: String?] {
        [
            "config": config, "kafka.brokers": kafkaBrokers, "kafka.topic": kafkaTopic,
            "kafka.contiguous": kafkaContiguous, "kafka.group": kafkaGroup, "kafka.instance-id": kafkaInstanceId,
            "kafka.session-timeout": kafkaSessionTimeout,
            "kafka.security-protocol": kafkaSecurityProtocol, "kafka.ca-file": kafkaCaFile,
            "kafka.certificate-file": kafkaCertificateFile, "kafka.key-file": kafkaKeyFile,
            "kafka.key-password-file": kafkaKeyPasswordFile, "kafka.sasl-mechanism": kafkaSaslMechanism,
            "kafka.sasl-user": kafkaSaslUser, "kafka.sasl-password-file": kafkaSaslPasswordFile,
            "postgres": postgres, "postgres.password-file": postgresPasswordFile, "schema-prefix": schemaPrefix,
            "job": job, "dedup.horizon": dedupHorizon, "dedup.maximum-ids": dedupMaximumIds,
            "watermark.delay": watermarkDelay, "checkpoint.interval": checkpointInterval,
            "adjustments.topic": adjustmentsTopic, "budgets.topic": budgetsTopic, "signals.topic": signalsTopic,
            "signals.partitions": signalsPartitions, "retention.minutes": retentionMinutes,
            "admin.address": adminAddress, "admin.port": adminPort, "admin.token-file": adminTokenFile,
            "log.level": logLevel, "log.format": logFormat,
        ]
    }
}
