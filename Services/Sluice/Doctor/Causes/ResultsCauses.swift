/// What is wrong with what comes out: dead letters, repeats, figures, signals.
enum ResultsCauses {
    static let all: [Causes.Cause] = [
        deadLetters, duplicates, figures, obstructed, signalsStopped, noRelay, signalsWait,
    ]

    @Sendable static func deadLetters(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let results = seen.results.value else { return [] }
        let side = Set(seen.topicsByUse.filter { $0.use != "events" }.map(\.topic))
        return Dictionary(grouping: results.deadLetters, by: \.topic).sorted { $0.key < $1.key }.compactMap {
            topic, letters in
            let count = letters.reduce(0) { $0 + $1.count }
            let isSide = side.contains(topic)
            if !isSide {
                let rows = results.progress.filter { $0.topic == topic }
                let records = rows.reduce(0) { $0 + $1.records }
                // Metrics count since the process began, the rows since ever: whichever shows the larger share.
                let read = seen.aggregators.reduce(0.0) { $0 + ($1.metric("sluice_records_read_total") ?? 0) }
                let dead = seen.aggregators.reduce(0.0) { $0 + ($1.metric("sluice_records_dead_letter_total") ?? 0) }
                let share = max(read > 0 ? dead / read : 0, records > 0 ? Double(count) / Double(records) : 1)
                guard count >= 20, share > 0.005 else { return nil }
            }
            guard let top = letters.max(by: { $0.count < $1.count }) else { return nil }
            return Diagnosis.Finding(
                cause: "dead_letter_flood",
                title:
                    "\(count) records of \(topic) could not be processed in ten minutes, most of them for \(top.reason)",
                likelihood: 0.7,
                evidence: letters.prefix(3).map {
                    "sluice.dead_letter: \($0.count) of \(topic) for \($0.reason), such as \($0.sample)"
                },
                nextSteps: [
                    .init(
                        "Look at one: its key and time say which producer",
                        "sluice dead-letters show \(top.sample) --topic \(topic)\(seen.flags)"),
                    .init(
                        "When the producer is mended, or the service upgraded, send them again",
                        "sluice dead-letters redrive --reason \(top.reason) --topic \(topic)\(seen.flags) --dry-run"),
                ], runbook: Runbook.aggregator("dead-letters"))
        }
    }

    @Sendable static func duplicates(_ seen: Observations) -> [Diagnosis.Finding] {
        let read = seen.aggregators.reduce(0.0) { $0 + ($1.metric("sluice_records_read_total") ?? 0) }
        let repeats = seen.aggregators.reduce(0.0) { $0 + ($1.metric("sluice_records_duplicate_total") ?? 0) }
        guard read >= 1_000, repeats > 0.05 * read else { return [] }
        let rows = (seen.results.value?.progress ?? []).filter { $0.duplicates > 0 }.sorted {
            $0.duplicates > $1.duplicates
        }
        return [
            Diagnosis.Finding(
                cause: "duplicates_surge", title: "\(Int64(repeats / read * 100)) % of the records repeat an event",
                likelihood: 0.4,
                evidence: [
                    "sluice_records_duplicate_total: \(Int64(repeats)) of \(Int64(read)) records since the processes began"
                ]
                    + rows.prefix(3).map {
                        "sluice.progress \($0.place): \($0.duplicates) of \($0.records) records were repeats"
                    },
                nextSteps: [
                    .init(
                        "They are counted once. But a producer that repeats this much has trouble, and repeats beyond the horizon are charged: few partitions are few campaigns, all of them one producer or a replay",
                        "sluice progress\(seen.flags)")
                ], runbook: Runbook.aggregator("duplicates"))
        ]
    }

    @Sendable static func figures(_ seen: Observations) -> [Diagnosis.Finding] {
        let wrong = (seen.results.value?.reconciliations ?? []).filter { $0.verdict == "mismatch" }
        let told = seen.services.compactMap { probe -> String? in
            guard let figures = probe.metric("sluice_reconciliation_differences"), figures > 0 else { return nil }
            return "\(probe.name): sluice_reconciliation_differences is \(Int64(figures))"
        }
        guard !wrong.isEmpty || !told.isEmpty else { return [] }
        let report = wrong.first?.reportID ?? "REPORT"
        return [
            Diagnosis.Finding(
                cause: "figures_differ",
                title: wrong.isEmpty
                    ? "Figures are not what the log says"
                    : "\(wrong.reduce(0) { $0 + $1.differences }) figures are not what the log says", likelihood: 0.8,
                evidence: wrong.prefix(3).map {
                    "sluice.reconciliation \($0.reportID) (\($0.kind)): \($0.differences) differences, \(TimeSpan(milliseconds: $0.age)) ago"
                } + told,
                nextSteps: [
                    .init(
                        "The report in words: how much, for whom, since when",
                        "sluice reconcile explain \(report)\(seen.flags)"),
                    .init(
                        "The largest difference: the events behind it",
                        "sluice reconcile explain \(report)-1\(seen.flags)"),
                    .init("Tell finance before anything is mended"),
                ], runbook: Runbook.reconciler("figures-differ"))
        ]
    }

    @Sendable static func obstructed(_ seen: Observations) -> [Diagnosis.Finding] {
        let probes = seen.services.filter { $0.metric("sluice_reconciliation_obstructed") == 1 }
        let newest = seen.results.value?.reconciliations.first
        let isStored = newest?.verdict == "could_not_compare"
        guard !probes.isEmpty || isStored else { return [] }
        var evidence = probes.map { "\($0.name): sluice_reconciliation_obstructed is 1" }
        for probe in probes {
            evidence += (probe.readiness.value ?? []).map { "\(probe.name): \(Observations.short($0.reason))" }
        }
        if isStored, let newest {
            evidence.append("sluice.reconciliation \(newest.reportID): \(Observations.short(newest.obstacle ?? ""))")
        }
        return [
            Diagnosis.Finding(
                cause: "reconciler_obstructed", title: "Figures cannot be compared with the log",
                likelihood: probes.isEmpty ? 0.35 : 0.5, evidence: evidence,
                nextSteps: [
                    .init(
                        "No figure is wrong because of it. See what came of the last comparisons",
                        "sluice reconcile list\(seen.flags)")
                ],
                runbook: Runbook.reconciler("cannot-compare"))
        ]
    }

    @Sendable static func signalsStopped(_ seen: Observations) -> [Diagnosis.Finding] {
        let stopped = seen.services.filter { $0.metric("sluice_outbox_stopped") ?? 0 > 0 }
        guard !stopped.isEmpty else { return [] }
        let reasons = stopped.flatMap { probe in (probe.readiness.value ?? []).filter { $0.component == "relay" } }
        let code = reasons.first.flatMap { reason in
            reason.reason.firstIndex(of: ":").map { String(reason.reason[..<$0]) }
        }
        let sections = ["position_ahead", "hole"]
        return [
            Diagnosis.Finding(
                cause: "signals_stopped", title: "The relay publishes no signals until somebody decides",
                likelihood: 0.88,
                evidence: stopped.map { "\($0.name): sluice_outbox_stopped is 1" }
                    + reasons.map { "relay: \(Observations.short($0.reason))" },
                nextSteps: [
                    .init(
                        "The reason has the statement to go on with, filled in; read its section of the runbook before",
                        "curl -s $admin/healthz/ready"),
                    .init("Tell pacing: campaigns that have spent their budget go on serving"),
                ], runbook: Runbook.aggregator(code.flatMap { sections.contains($0) ? $0 : nil } ?? "signals-stopped"))
        ]
    }

    @Sendable static func noRelay(_ seen: Observations) -> [Diagnosis.Finding] {
        let relaying = seen.aggregators.filter { $0.setting("signals.topic") != nil && $0.metrics.value != nil }
        guard !relaying.isEmpty, relaying.allSatisfy({ $0.metric("sluice_outbox_elected") ?? 0 == 0 }) else {
            return []
        }
        return [
            Diagnosis.Finding(
                cause: "no_relay", title: "No process publishes signals", likelihood: 0.6,
                evidence: relaying.map { "\($0.name): sluice_outbox_elected is 0" },
                nextSteps: [
                    .sql(
                        "A session that nobody sees any more holds the relay's lock; of an instance that does not run, end it",
                        "SELECT a.pid, a.application_name, a.client_addr, a.state_change FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid) WHERE l.locktype = 'advisory' AND a.state = 'idle'"
                    )
                ], runbook: Runbook.aggregator("no-relay"))
        ]
    }

    @Sendable static func signalsWait(_ seen: Observations) -> [Diagnosis.Finding] {
        let waiting = (seen.results.value?.lanes ?? []).filter { $0.last > $0.position && $0.age ?? .max > 60_000 }
        guard !waiting.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "signals_wait",
                title: "\(waiting.reduce(0) { $0 + $1.last - $1.position }) signals are decided and not published",
                likelihood: 0.4,
                evidence: waiting.prefix(3).map {
                    "sluice.outbox_lane \($0.output)/\($0.lane): \($0.last) decided, \($0.position) published"
                },
                nextSteps: [.init("What the relay says", "curl -s $admin/metrics | grep ^sluice_outbox")],
                runbook: Runbook.aggregator("signals-wait"))
        ]
    }
}
