import Kafka

/// The processes themselves.
enum ServiceCauses {
    static let all: [Causes.Cause] = [hung, standsStill, down, ownersGone, twins, notReady, objectives]

    @Sendable static func hung(_ seen: Observations) -> [Diagnosis.Finding] {
        let silent = seen.services.filter(\.isSilent)
        guard !silent.isEmpty else { return [] }
        let stopped = seen.localProcesses.filter { $0.value == "T" || $0.value == "t" }.keys.sorted()
        var evidence = silent.map { "\($0.name) (\($0.address.url)): it takes connections and does not answer" }
        evidence += stopped.map { "/proc/\($0)/stat: process \($0), an owner of partitions, is stopped (state T)" }
        var steps: [Diagnosis.NextStep] = stopped.map {
            .init("Somebody stopped it by a signal: let it go on", "kill -CONT \($0)")
        }
        if stopped.isEmpty {
            steps.append(.init("Keep a stack before anything else", "gdb -p PID -batch -ex 'thread apply all bt'"))
        }
        steps.append(.init("Or start it again: always safe", "systemctl restart spend-aggregator"))
        return [
            Diagnosis.Finding(
                cause: "process_hung",
                title: "\(silent.map(\.name).joined(separator: ", ")) hangs: the process is there and answers nothing",
                likelihood: stopped.isEmpty ? 0.9 : 0.95, evidence: evidence, nextSteps: steps,
                runbook: Runbook.aggregator("scrape-missing"))
        ]
    }

    /// The admin endpoint answers, and says that the worker does not turn.
    @Sendable static func standsStill(_ seen: Observations) -> [Diagnosis.Finding] {
        seen.services.compactMap { probe in
            guard let reasons = probe.liveness.value, !reasons.isEmpty else { return nil }
            return Diagnosis.Finding(
                cause: "worker_stands_still", title: "\(probe.name): its loop stands still", likelihood: 0.75,
                evidence: reasons.prefix(3).map {
                    "/healthz/live of \(probe.name): \($0.component): \(Observations.short($0.reason))"
                },
                nextSteps: [
                    .init(
                        "Keep a stack, then start it again",
                        "gdb -p PID -batch -ex 'thread apply all bt'; systemctl restart spend-aggregator")
                ], runbook: Runbook.aggregator("scrape-missing"))
        }
    }

    @Sendable static func down(_ seen: Observations) -> [Diagnosis.Finding] {
        guard seen.servicesAreNamed else { return [] }
        let gone = seen.services.filter(\.isGone)
        guard !gone.isEmpty else { return [] }
        // Others of the job that work have taken over what it owned, or will.
        let others = seen.aggregators.contains { $0.readiness.value?.isEmpty == true }
        var evidence = gone.map { probe -> String in
            guard case .failed(let why) = probe.liveness else { return "" }
            return "\(probe.name) (\(probe.address.url)): \(Observations.short(why))"
        }
        evidence += deadOwners(seen)
        if let group = seen.log.value?.group, group.members.isEmpty {
            evidence.append("group \(seen.log.value?.groupName ?? "") has no members (\(group.state))")
        }
        return [
            Diagnosis.Finding(
                cause: "process_down", title: "\(gone.map(\.name).joined(separator: ", ")) does not run",
                likelihood: others ? 0.7 : 0.9, evidence: evidence, nextSteps: steps,
                runbook: Runbook.aggregator("restarts"))
        ]
    }

    private static let steps: [Diagnosis.NextStep] = [
        .init("Start it: always safe. It goes on where its progress stands", "systemctl restart spend-aggregator"),
        .init(
            "Why did it end? The exit code and the last error are in the journal",
            "systemctl status spend-aggregator; journalctl -u spend-aggregator -o cat | grep 'stopped by an error' | tail -3"
        ),
    ]

    private static func deadOwners(_ seen: Observations) -> [String] {
        Set(
            (seen.results.value?.progress ?? []).filter { row in
                row.ownerParts.pid.flatMap { seen.localProcesses[$0] } == .some(nil)
            }.map(\.owner)
        ).sorted().prefix(3).map { "sluice.progress names owner \($0): there is no such process on this machine" }
    }

    /// Nobody said where the services are, and the traces that they leave are cold.
    @Sendable static func ownersGone(_ seen: Observations) -> [Diagnosis.Finding] {
        guard !seen.servicesAreNamed, seen.aggregators.isEmpty, let rows = seen.results.value?.progress, !rows.isEmpty,
            let log = seen.log.value, let group = log.group, group.members.isEmpty, !seen.isMoving
        else { return [] }
        return [
            Diagnosis.Finding(
                cause: "process_down", title: "No process of job \(seen.job) runs", likelihood: 0.85,
                evidence: ["group \(log.groupName) has no members (\(group.state))"]
                    + Set(rows.map(\.owner)).sorted().prefix(3).map { "sluice.progress: the last owner was \($0)" }
                    + deadOwners(seen),
                nextSteps: steps, runbook: Runbook.aggregator("restarts"))
        ]
    }

    /// Two processes, or two groups, that take partitions from each other.
    @Sendable static func twins(_ seen: Observations) -> [Diagnosis.Finding] {
        var evidence: [String] = []
        var isCertain = false
        let groups = Set(seen.aggregators.compactMap { $0.setting("kafka.group") }).sorted()
        if groups.count > 1 {
            isCertain = true
            evidence.append(
                "processes of job \(seen.job) are in different groups, so that each gets every partition: "
                    + seen.aggregators.compactMap { probe in
                        probe.setting("kafka.group").map { "\(probe.name) in \($0)" }
                    }.joined(separator: ", "))
        }
        for (instance, probes) in Dictionary(grouping: seen.aggregators, by: { $0.setting("kafka.instance-id") ?? "" })
            .sorted(by: { $0.key < $1.key })
        where !instance.isEmpty && probes.count > 1 {
            isCertain = true
            evidence.append("\(probes.map(\.name).joined(separator: " and ")) have one instance id, \(instance)")
        }
        let fenced = seen.reasons.filter { $0.reason.reason.hasPrefix("fenced:") }
        evidence += fenced.prefix(3).map {
            "\($0.service) says of \($0.reason.component): \(Observations.short($0.reason.reason))"
        }
        let before = Dictionary(
            (seen.results.value?.progress ?? []).map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        let taken = seen.laterProgress.filter { row in
            guard let known = before[row.place] else { return false }
            return row.epoch > known.epoch && row.owner != known.owner
        }
        evidence += taken.prefix(3).map {
            "sluice.progress \($0.place): epoch \(before[$0.place]?.epoch ?? 0) of \(before[$0.place]?.owner ?? "") became \($0.epoch) of \($0.owner)"
        }
        guard isCertain || !fenced.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "twin_processes", title: "Two processes take partitions from each other",
                likelihood: isCertain ? 0.93 : 0.7,
                evidence: evidence,
                nextSteps: [
                    .init(
                        "Who owns what? Twice, some seconds apart: epochs that rise say who fights",
                        "sluice progress\(seen.flags)"),
                    .init(
                        "Give every process its own --kafka-instance-id and all of a job one --kafka-group, or end one of them"
                    ),
                ], runbook: Runbook.aggregator("commits-fenced"))
        ]
    }

    /// Whatever services say themselves: a symptom, unless nothing else explains it.
    @Sendable static func notReady(_ seen: Observations) -> [Diagnosis.Finding] {
        let reasons = seen.services.flatMap { probe in (probe.readiness.value ?? []).map { (probe.name, $0) } }
        guard !reasons.isEmpty else { return [] }
        let names = Set(reasons.map(\.0)).sorted()
        return [
            Diagnosis.Finding(
                cause: "not_ready",
                title: "\(names.joined(separator: ", ")) \(names.count == 1 ? "is" : "are") not ready",
                likelihood: 0.4,
                evidence: reasons.prefix(5).map {
                    "/healthz/ready of \($0.0): \($0.1.component): \(Observations.short($0.1.reason))"
                },
                nextSteps: [
                    .init(
                        "What the service logged last",
                        "journalctl -u spend-aggregator -n 50 -o cat | grep -vE '\"level\":\"(info|debug)\"'")
                ], runbook: nil)
        ]
    }

    /// What is promised and not kept now: a symptom as well.
    @Sendable static func objectives(_ seen: Observations) -> [Diagnosis.Finding] {
        let missed = seen.services.flatMap { probe in
            (probe.objectives.value ?? []).filter { $0.state != "ok" && ($0.value ?? 0) > $0.atMost }.map {
                (probe.name, $0)
            }
        }
        guard !missed.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "objective_missed",
                title: "Not kept now: "
                    + Set(missed.map { "\($0.1.title) (\($0.0))" }).sorted().joined(separator: ", "),
                likelihood: 0.35,
                evidence: missed.prefix(5).map { name, objective in
                    "/objectives of \(name): \(objective.name) is \(objective.value ?? 0) \(objective.unit), at most \(objective.atMost) is good; state \(objective.state)"
                        + (objective.cause.map { "; \(Observations.short($0))" } ?? "")
                },
                nextSteps: [.init("Since when, and how fast its budget burns", "curl -s $admin/objectives")],
                runbook: nil)
        ]
    }
}
