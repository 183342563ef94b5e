/// Everything that was seen for one diagnosis, or why it could not be seen. What causes are found from.
struct Observations: Sendable {
    /// Unix milliseconds.
    var at: Int64
    var job: String
    /// For commands to paste.
    var schemaPrefix = ""
    /// Whether the services' addresses were given by somebody.
    var servicesAreNamed = true
    var services: [ServiceProbe] = []
    var database: Look<DatabaseState> = .skipped("PostgreSQL is not named (--postgres)")
    var results: Look<ResultsState> = .skipped("PostgreSQL is not named (--postgres)")
    /// The progress rows once more, a moment later; empty where they could not be read.
    var laterProgress: [ProgressSight] = []
    /// Sessions once more, a moment later.
    var laterSessions: [SessionState] = []
    /// Between the two looks at progress.
    var secondsBetween = 1.0
    var log: Look<LogState> = .skipped("Kafka is not named (--kafka-brokers)")
    /// Processes of this machine that progress rows name as owners, by process number: the state letter of `/proc/PID/stat`,
    /// nil where there is no such process. Only where the services are of this machine.
    var localProcesses: [Int32: Character?] = [:]

    /// What could not be looked at and is no finding of its own.
    var gaps: [String] {
        var gaps: [String] = []
        for (look, name) in [
            (skipReason(database), "database"), (skipReason(results), "results"), (skipReason(log), "log"),
        ] {
            if let look { gaps.append("\(name): \(look)") }
        }
        for probe in services where servicesAreNamed || probe.liveness.value != nil {
            if let why = probe.closedDoor { gaps.append("\(probe.name): \(why)") }
        }
        for failure in results.value?.failures ?? [] { gaps.append("results: \(failure)") }
        if let log = log.value {
            if let why = log.groupFailure { gaps.append("consumer group: \(why)") }
            for (topic, why) in log.failures.sorted(by: { $0.key < $1.key }) { gaps.append("topic \(topic): \(why)") }
        }
        if let database = database.value, !database.mayRead {
            gaps.append(
                "database: the role \(database.role) sees no sessions of others (GRANT pg_read_all_stats TO \(database.role))"
            )
        }
        return gaps
    }

    private func skipReason<Value>(_ look: Look<Value>) -> String? {
        if case .skipped(let why) = look { why } else { nil }
    }

    // MARK: What several causes ask

    /// Processes of the job that answer.
    var aggregators: [ServiceProbe] {
        services.filter {
            $0.liveness.value != nil && $0.setting("job") == job && $0.setting("kafka.topic") != nil && !$0.isReconciler
        }
    }

    /// Reasons that services give for not being ready, with who says it.
    var reasons: [(service: String, reason: ServiceProbe.Reason)] {
        services.flatMap { probe in
            (probe.readiness.value ?? []).map { (probe.name, $0) }
                + (probe.liveness.value ?? []).map { (probe.name, $0) }
        }
    }

    /// The topics of the job by what they are for, as its processes have them.
    var topicsByUse: [(use: String, topic: String)] {
        var found: [(use: String, topic: String)] = []
        for (use, key) in [
            ("events", "kafka.topic"), ("adjustments", "adjustments.topic"), ("budgets", "budgets.topic"),
            ("signals", "signals.topic"),
        ] {
            for topic in Set(aggregators.compactMap { $0.setting(key) }).sorted() where !topic.isEmpty {
                found.append((use, topic))
            }
        }
        return found
    }
}

extension ServiceProbe {
    /// Of `/config` where it was served, else as the address is called.
    var name: String { address.name }

    func setting(_ key: String) -> String? {
        guard let value = configuration.value?[key], !value.isEmpty else { return nil }
        return value
    }

    var isReconciler: Bool { metrics.value?["sluice_reconciliation_lag_records"].isEmpty == false }

    /// The sum of a metric over its labels.
    func metric(_ name: String) -> Double? { metrics.value?.sum(name) }

    /// Why it is not looked at although something answers.
    var closedDoor: String? {
        if case .failed(let why) = liveness { return isGone || isSilent ? nil : why }
        for failure in [metricsFailure, configurationFailure] { if let failure { return failure } }
        return nil
    }

    private var metricsFailure: String? { if case .failed(let why) = metrics { "metrics: \(why)" } else { nil } }
    private var configurationFailure: String? {
        if case .failed(let why) = configuration { "configuration: \(why)" } else { nil }
    }

    /// Nobody listens at its address, as libcurl puts it: refused, no such host, broken off.
    var isGone: Bool {
        guard case .failed(let why) = liveness, !isSilent else { return false }
        return ["onnect", "resolve", "reset", "Recv failure", "Empty reply"].contains { why.contains($0) }
    }

    /// Somebody listens and says nothing.
    var isSilent: Bool {
        guard case .failed(let why) = liveness else { return false }
        return why.hasPrefix("Operation timed out")
    }

    /// Of this machine, so that its process can be looked at.
    var isLocal: Bool {
        let host = address.url.drop { $0 != "/" }.dropFirst(2).prefix { $0 != "/" }
        return host.hasPrefix("127.") || host.hasPrefix("localhost") || host.hasPrefix("[::1]")
    }
}
