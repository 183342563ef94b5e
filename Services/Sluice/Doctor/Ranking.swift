/// Which finding comes first: the likeliest cause, and consequences behind what explains them.
enum Ranking {
    /// A finding that explains others must be at least this likely itself.
    static let convincing = 0.45
    /// What is left of the likelihood of a finding that another one explains.
    static let leftOfConsequence = 0.2

    /// What a stand-still looks like, whatever brings it about.
    private static let symptoms: Set<String> = [
        "not_ready", "no_progress", "backlog", "hot_partition", "retention_near", "signals_wait",
        "reconciler_obstructed",
        "partition_unowned", "group_rebalancing", "worker_stands_still", "objective_missed",
    ]
    private static let databaseTrouble: Set<String> = symptoms.union([
        "process_down", "no_relay", "slow_statements", "service_cannot_reach_postgres", "lock_blocked",
        "idle_in_transaction",
    ])

    /// By cause: what it may bring about. Without circles.
    static let explains: [String: Set<String>] = [
        "postgres_down": databaseTrouble.union(["postgres_refuses", "process_hung"]),
        "postgres_out_of_connections": databaseTrouble,
        "postgres_refuses": databaseTrouble,
        "postgres_read_only": databaseTrouble,
        "postgres_disk_full": databaseTrouble.union(["wal_archiving_fails"]),
        "wal_archiving_fails": [],
        "sync_standby_missing": symptoms.union(["slow_statements", "lock_blocked", "idle_in_transaction", "no_relay"]),
        "service_cannot_reach_postgres": symptoms.union(["no_relay", "process_down"]),
        "role_lacks_rights": symptoms.union(["process_down", "no_relay"]),
        "schema_outdated": symptoms.union(["process_down", "no_relay"]),
        "schema_missing": symptoms.union(["process_down"]),
        "prepared_transaction": symptoms.union(["slow_statements", "no_relay", "lock_blocked", "idle_in_transaction"]),
        "idle_in_transaction": symptoms.union(["slow_statements", "no_relay"]),
        "lock_blocked": symptoms.union(["slow_statements", "no_relay"]),
        "slow_statements": symptoms.subtracting(["not_ready"]),
        "kafka_down": symptoms.union(["process_down", "source_error", "topic_missing", "no_relay"]),
        "kafka_refuses": symptoms.union(["process_down", "source_error"]),
        "partition_without_leader": symptoms.union(["source_error"]),
        "service_cannot_reach_kafka": symptoms.union(["process_down", "no_relay"]),
        "topic_missing": symptoms.union([
            "source_error", "log_truncated", "log_replaced", "records_gone", "process_down",
        ]),
        "process_hung": symptoms.union(["idle_in_transaction", "lock_blocked", "no_relay"]),
        "process_down": symptoms.union(["no_relay"]),
        "twin_processes": symptoms.union([
            "process_down", "configuration_differs", "idle_in_transaction", "lock_blocked",
        ]),
        "records_gone": symptoms, "log_truncated": symptoms, "log_replaced": symptoms, "offsets_missing": symptoms,
        "warm_up_mismatch": symptoms, "source_error": symptoms,
        "horizon_limit": symptoms.union(["horizon_near_limit"]),
        "configuration_differs": ["figures_differ"],
        "figures_differ": ["objective_missed", "not_ready"],
        "hot_partition": ["backlog", "objective_missed"],
        "certificate_expiring": ["objective_missed"],
        "signals_stopped": ["not_ready", "signals_wait", "objective_missed"],
        "backlog": ["objective_missed"],
        "clock_skew": ["objective_missed"],
        "no_relay": ["signals_wait"],
    ]

    /// Likeliest first. A consequence is moved behind its cause, which names it in its evidence.
    static func ranked(_ found: [Diagnosis.Finding]) -> [Diagnosis.Finding] {
        var findings = found
        let causes = Set(found.filter { $0.likelihood >= convincing }.map(\.cause))
        func isConsequence(_ cause: String) -> Bool {
            causes.contains { $0 != cause && explains[$0]?.contains(cause) == true }
        }
        for index in findings.indices {
            let finding = findings[index]
            if isConsequence(finding.cause) {
                findings[index].likelihood *= leftOfConsequence
            } else if finding.likelihood >= convincing {
                let titles = found.filter { explains[finding.cause]?.contains($0.cause) == true }.map(\.title)
                if !titles.isEmpty { findings[index].evidence.append("it explains: " + titles.joined(separator: "; ")) }
            }
        }
        // Equals stay in the order in which causes are asked for.
        return findings.enumerated().sorted {
            ($1.element.likelihood, $0.offset) < ($0.element.likelihood, $1.offset)
        }.map(\.element)
    }
}
