extension ConsoleState {
    /// After how long without an answer a source is called silent: beyond its own timeouts.
    static let silence = Duration.seconds(4)

    init(_ snapshot: Collector.Snapshot, at now: Instant = .now, sequence: Int64 = 0) {
        let subjects = snapshot.subjects
        self.init(at: now.milliseconds, job: subjects.job, flow: Flow(eventsTopic: subjects.eventsTopic))
        self.sequence = sequence
        if let reading = snapshot.database {
            var source = Self.source("PostgreSQL", reading)
            let gaps = reading.value?.gaps ?? []
            if source.state == "ok", !gaps.isEmpty {
                source.state = "failed"
                source.problem = gaps.joined(separator: "; ")
            }
            sources.append(source)
        }
        if let reading = snapshot.logEnds { sources.append(Self.source("Kafka", reading)) }
        for (address, reading) in snapshot.services {
            var service = Self.service(address, reading)
            if !subjects.servicesAreNamed, service.state == "unreachable" { service.state = "absent" }
            services.append(service)
            addFigures(of: address, reading)
        }
        if let reading = snapshot.diagnosis {
            sources.append(Self.source("doctor", reading))
            diagnosis = reading.value
        }
        if let sample = snapshot.database?.value { add(sample, snapshot) }
    }

    private static func source<Value>(_ name: String, _ reading: Sampled<Value>.Reading) -> Source {
        var source = Source(name: name, state: "ok", at: reading.valueAt?.milliseconds)
        if let waited = reading.waited, waited > silence {
            source.state = "silent"
            source.problem = "no answer for \(TimeSpan(milliseconds: waited.milliseconds / 1_000 * 1_000))"
        } else if let failure = reading.failure {
            source.state = "failed"
            source.problem = failure
        } else if reading.value == nil {
            source.state = "waiting"
        }
        return source
    }

    private static func service(_ address: ServiceAddress, _ reading: Sampled<ServiceSample>.Reading) -> Service {
        var service = Service(
            name: address.name, url: address.url, state: "unknown", reasons: [], at: reading.valueAt?.milliseconds)
        guard let probe = reading.value?.probe else { return service }
        if let waited = reading.waited, waited > silence {
            service.state = "unreachable"
            service.reasons = ["no answer for \(TimeSpan(milliseconds: waited.milliseconds / 1_000 * 1_000))"]
            return service
        }
        if let metrics = probe.metrics.value {
            service.version = metrics["sluice_build_info"].first?.labels["version"]
            if let started = metrics.sum("process_start_time_seconds") {
                service.upSeconds = max(0, Instant.now.milliseconds / 1_000 - Int64(started))
            }
        }
        func words(_ reasons: [ServiceProbe.Reason]) -> [String] { reasons.map { "\($0.component): \($0.reason)" } }
        switch (probe.liveness, probe.readiness) {
        case (.failed(let why), _), (_, .failed(let why)):
            service.state = "unreachable"
            service.reasons = [why]
        case (.answered(let dead), .answered(let reasons)):
            service.state = !dead.isEmpty ? "stuck" : reasons.isEmpty ? "ready" : "not_ready"
            service.reasons = words(dead + reasons)
        }
        if case .failed(let why) = probe.metrics, service.state == "ready" {
            service.state = "unreachable"
            service.reasons = [why]
        }
        return service
    }

    private mutating func addFigures(of address: ServiceAddress, _ reading: Sampled<ServiceSample>.Reading) {
        guard let sample = reading.value else { return }
        for objective in sample.probe.objectives.value ?? [] {
            objectives.append(Objective(service: address.name, objective: objective))
        }
        guard let figures = sample.figures else { return }
        if figures.recent != nil || figures.sinceStart != nil {
            freshness.append(
                Freshness(service: address.name, recent: figures.recent, sinceStart: figures.sinceStart))
        }
        func add(_ path: WritableKeyPath<Flow, Double?>, _ names: String...) {
            for name in names {
                if let rate = figures.rates[name] { flow[keyPath: path] = (flow[keyPath: path] ?? 0) + rate }
            }
        }
        add(\.read, "sluice_records_read_total")
        add(\.sideRead, "sluice_adjustments_records_read_total", "sluice_budgets_records_read_total")
        add(\.duplicates, "sluice_records_duplicate_total")
        add(
            \.committed, "sluice_checkpoint_records_total", "sluice_adjustments_checkpoint_records_total",
            "sluice_budgets_checkpoint_records_total")
        add(
            \.rows, "sluice_checkpoint_rows_total", "sluice_adjustments_checkpoint_rows_total",
            "sluice_budgets_checkpoint_rows_total")
        add(
            \.checkpoints, "sluice_checkpoint_commits_total", "sluice_adjustments_checkpoint_commits_total",
            "sluice_budgets_checkpoint_commits_total")
        add(
            \.deadLettered, "sluice_records_dead_letter_total", "sluice_adjustments_records_dead_letter_total",
            "sluice_budgets_records_dead_letter_total")
        add(\.published, "sluice_outbox_published_total")
        guard let settings = sample.probe.configuration.value, settings["job"] ?? job == job else { return }
        func topic(_ key: String) -> String? { settings[key].flatMap { $0.isEmpty ? nil : $0 } }
        flow.adjustmentsTopic = flow.adjustmentsTopic ?? topic("adjustments.topic")
        flow.budgetsTopic = flow.budgetsTopic ?? topic("budgets.topic")
        flow.signalsTopic = flow.signalsTopic ?? topic("signals.topic")
    }

    private mutating func add(_ sample: DatabaseSample, _ snapshot: Collector.Snapshot) {
        let ends = snapshot.logEnds?.value ?? [:]
        let metrics = snapshot.services.compactMap { $0.reading.value?.probe.metrics.value }
        partitions = sample.partitions.map { partition in
            let labels = ["topic": partition.topic, "partition": String(partition.partition)]
            let reported = metrics.compactMap { $0.sum("sluice_consumer_lag_records", labels) }.max()
            let end = ends[partition.topic]?[partition.partition]
            return Partition(
                topic: partition.topic, partition: partition.partition,
                owner: partition.owner.isEmpty ? nil : partition.owner, epoch: partition.epoch,
                nextOffset: partition.nextOffset,
                lag: end.map { max(0, $0 - (partition.nextOffset ?? 0)) } ?? reported.map { Int64($0) },
                watermark: partition.watermarkMilliseconds, committedAt: partition.updatedMilliseconds,
                isIdle: partition.isIdle,
                isStopped: metrics.contains { $0.sum("sluice_partition_stopped", labels) ?? 0 > 0 })
        }
        reconciliations = sample.reconciliations.map { one in
            Reconciliation(
                report: one.report, kind: one.kind, topic: one.topic, from: one.fromMilliseconds,
                to: one.toMilliseconds, verdict: one.verdict, obstacle: one.obstacle, records: one.records,
                differences: one.differences, finishedAt: one.finishedMilliseconds)
        }
        letters = sample.letters.map { letter in
            Letter(
                topic: letter.topic, partition: letter.partition, offset: letter.offset, reason: letter.reason,
                storedAt: letter.storedMilliseconds, redrivenAt: letter.redrivenMilliseconds,
                payloadBytes: letter.payloadBytes,
                fields: letter.fields.map { $0.map { Letter.Field(name: $0.name, value: $0.value) } })
        }
        if !sample.outbox.isEmpty { flow.waiting = sample.outbox.reduce(0) { $0 + $1.waiting } }
    }
}
