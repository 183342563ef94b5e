import Kafka

/// What was looked at and is well, in words.
enum HealthySigns {
    static func of(_ seen: Observations, findings: [Diagnosis.Finding]) -> [String] {
        let wrong = Set(findings.map(\.cause))
        var signs: [String] = []
        if let state = seen.database.value,
            wrong.isDisjoint(with: ["postgres_read_only", "postgres_out_of_connections"])
        {
            signs.append(
                "PostgreSQL answers and takes writes: \(state.connections) of \(state.maximumConnections) connections, nobody waits for a lock"
            )
            if !wrong.isDisjoint(with: ["lock_blocked", "idle_in_transaction", "prepared_transaction"]) {
                signs[signs.count - 1] =
                    "PostgreSQL answers: \(state.connections) of \(state.maximumConnections) connections"
            }
        }
        if let log = seen.log.value, !wrong.contains("topic_missing") {
            let partitions = log.topics.values.reduce(0) { $0 + $1.partitions }
            signs.append("Kafka answers: \(log.topics.count) topics of the job with \(partitions) partitions")
            if let group = log.group, !group.members.isEmpty {
                signs.append("group \(log.groupName) is \(group.state) with \(group.members.count) members")
            }
        }
        let ready = seen.services.filter { $0.readiness.value?.isEmpty == true }.map(\.name)
        if !ready.isEmpty { signs.append("ready: \(ready.joined(separator: ", "))") }
        if let rows = seen.results.value?.progress, !rows.isEmpty, seen.log.value != nil {
            if let backlog = Backlog(seen), let remaining = backlog.remaining, remaining > 10_000 {
                if !backlog.isLong { signs.append("catching up: \(backlog.text)") }
            } else if Backlog(seen)?.rate != 0,
                wrong.isDisjoint(with: ["records_gone", "log_truncated", "log_replaced"])
            {
                // What came in the last seconds is always under way.
                signs.append("\(rows.count) partitions are applied up to the log's end, or seconds before it")
            }
        }
        if let results = seen.results.value {
            if !wrong.contains("dead_letter_flood") {
                let count = results.deadLetters.reduce(0) { $0 + $1.count }
                signs.append(
                    count == 0
                        ? "no dead letters in ten minutes"
                        : "\(count) dead letters in ten minutes, fewer than one record in 200")
            }
            if let last = results.reconciliations.first, last.verdict == "match", !wrong.contains("figures_differ") {
                signs.append("the last reconciliation agreed, \(TimeSpan(milliseconds: last.age)) ago")
            }
        }
        return signs
    }
}
