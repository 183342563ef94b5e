/// Settings, limits and certificates of the processes.
enum SettingsCauses {
    static let all: [Causes.Cause] = [differ, horizonNearLimit, certificates]

    /// What every process of a job must have alike: results depend on it, or who works on what.
    private static let shared = [
        "kafka.topic", "dedup.horizon", "watermark.delay", "kafka.contiguous", "adjustments.topic", "budgets.topic",
        "signals.topic", "schema-prefix", "retention.minutes", "dedup.maximum-ids",
    ]
    /// What the reconciler judges by as well.
    private static let judged = ["dedup.horizon", "watermark.delay", "schema-prefix"]

    @Sendable static func differ(_ seen: Observations) -> [Diagnosis.Finding] {
        let reconcilers = seen.services.filter { $0.isReconciler && $0.setting("job") == seen.job }
        var evidence: [String] = []
        for key in shared {
            let probes = seen.aggregators + (judged.contains(key) ? reconcilers : [])
            let values = probes.map { ($0.name, $0.setting(key) ?? "not set") }
            guard Set(values.map(\.1)).count > 1 else { continue }
            evidence.append("/config: \(key) is " + values.map { "\($0.1) at \($0.0)" }.joined(separator: ", "))
        }
        guard !evidence.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "configuration_differs", title: "Processes of job \(seen.job) do not have the same settings",
                likelihood: 0.65, evidence: evidence,
                nextSteps: [
                    .init(
                        "What counts as a repeat or as late depends on who owns a partition. Where does each value come from?",
                        "curl -s $admin/config"),
                    .init(
                        "Give all of them the same, and start them again one after the other",
                        "systemctl restart spend-aggregator"),
                ], runbook: Runbook.aggregator("rebalances"))
        ]
    }

    @Sendable static func horizonNearLimit(_ seen: Observations) -> [Diagnosis.Finding] {
        let near = seen.aggregators.compactMap { probe -> String? in
            guard let limit = probe.setting("dedup.maximum-ids").flatMap(Double.init), limit > 0,
                let fullest = probe.metrics.value?["sluice_dedup_remembered_ids"].max(by: { $0.value < $1.value }),
                fullest.value >= 0.8 * limit
            else { return nil }
            let place = "\(fullest.labels["topic"] ?? "")/\(fullest.labels["partition"] ?? "")"
            return
                "\(probe.name): \(place) remembers \(Int64(fullest.value)) ids of at most \(Int64(limit)) (sluice_dedup_remembered_ids)"
        }
        guard !near.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "horizon_near_limit",
                title: "The deduplication is near its limit of ids, at which partitions stop",
                likelihood: 0.6, evidence: near,
                nextSteps: [
                    .init(
                        "Raise --dedup-maximum-ids and the memory (about 34 bytes an id), then start again; do not shorten the horizon",
                        "systemctl edit spend-aggregator; systemctl restart spend-aggregator")
                ], runbook: Runbook.aggregator("horizon-near-limit"))
        ]
    }

    @Sendable static func certificates(_ seen: Observations) -> [Diagnosis.Finding] {
        var ending: [(text: String, left: Int64)] = []
        for probe in seen.services {
            for sample in probe.metrics.value?["sluice_certificate_not_after_timestamp_seconds"] ?? [] {
                guard sample.value.isFinite, abs(sample.value) < 1e11 else { continue }
                let end = Int64(sample.value * 1_000)
                guard end - seen.at < 14 * 86_400_000 else { continue }
                ending.append(
                    (
                        "\(probe.name): the certificate for \(sample.labels["use"] ?? "?") ends at \(Instant(milliseconds: end))",
                        end - seen.at
                    ))
            }
        }
        // A file that cannot be read has no end; its objective says so.
        let told = seen.services.flatMap { probe in
            (probe.objectives.value ?? []).filter { $0.name == "certificates" && ($0.value ?? 0) > $0.atMost }
                .compactMap { missed in
                    missed.cause.map { "\(probe.name): \(Observations.short($0))" }
                }
        }
        guard !ending.isEmpty || !told.isEmpty else { return [] }
        let soonest = ending.map(\.left).min()
        let isOver = soonest.map { $0 <= 0 } ?? false
        return [
            Diagnosis.Finding(
                cause: "certificate_expiring",
                title: isOver
                    ? "A certificate has expired"
                    : soonest.map { "A certificate ends in \(TimeSpan(milliseconds: $0))" }
                        ?? "A certificate file cannot be used",
                likelihood: isOver ? 0.95 : 0.5, evidence: ending.sorted { $0.left < $1.left }.map(\.text) + told,
                nextSteps: [
                    .init(
                        "Which file is it?",
                        "curl -s $admin/config | tr '{' '\\n' | grep -E 'ca-file|certificate-file|\"postgres\"'"),
                    .init(
                        "Have it issued anew for the same name, put it in its place, and start the service again",
                        "systemctl restart spend-aggregator"),
                ], runbook: Runbook.aggregator("certificates-end"))
        ]
    }
}
