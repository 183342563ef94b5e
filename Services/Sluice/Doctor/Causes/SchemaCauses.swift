import Postgres

/// Tables, their version, and rights on them.
enum SchemaCauses {
    static let all: [Causes.Cause] = [missing, outdated, rights]

    @Sendable static func missing(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let state = seen.database.value, !state.hasTables else { return [] }
        let isHere = seen.aggregators.contains { $0.readiness.value?.isEmpty == true }
        return [
            Diagnosis.Finding(
                cause: "schema_missing", title: "This database has no tables of a job", likelihood: isHere ? 0.6 : 0.9,
                evidence: [
                    "\"\(seen.schemaPrefix)sluice\".progress is not there"
                        + (isHere ? "; the services are ready, so theirs is another database or prefix" : "")
                ],
                nextSteps: [
                    .init(
                        "Is it the right database (SLUICE_POSTGRES) and prefix (--schema-prefix)? The service's own",
                        "spend-aggregator check"),
                    .init("Where it is: make the tables", "spend-aggregator migrate"),
                ], runbook: nil)
        ]
    }

    @Sendable static func outdated(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let state = seen.database.value, state.hasTables else { return [] }
        var evidence = state.pendingMigrations.map { "\"\(seen.schemaPrefix)sluice\".schema_migration lacks \($0)" }
        if let failure = state.migrationFailure, !failure.contains("permission denied") { evidence.append(failure) }
        guard !evidence.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "schema_outdated", title: "The tables are not of this program's version", likelihood: 0.85,
                evidence: evidence,
                nextSteps: [
                    .init("Show what is applied and what is missing", "spend-aggregator migrate --status"),
                    .init(
                        "Apply what is missing, with a role that owns the schemas; a row that was removed by hand must be put back instead",
                        "spend-aggregator migrate"),
                ], runbook: nil)
        ]
    }

    @Sendable static func rights(_ seen: Observations) -> [Diagnosis.Finding] {
        var evidence: [String] = []
        let role = seen.database.value?.role ?? "the role"
        if let missing = seen.database.value?.missingRights {
            evidence += missing.map { "has_table_privilege: \(role) has no \($0)" }
        }
        if let failure = seen.results.failure, failure.sqlState == "42501" {
            evidence.append("reading: \(failure.message)")
        }
        let refused = seen.evidence(ofReasons: "permission denied")
        guard !evidence.isEmpty || !refused.isEmpty else { return [] }
        let missing = seen.database.value?.missingRights ?? []
        return [
            Diagnosis.Finding(
                cause: "role_lacks_rights", title: "A right on the job's tables was taken from \(role)",
                likelihood: 0.92, evidence: evidence + refused,
                nextSteps: (missing.isEmpty
                    ? []
                    : [
                        .sql(
                            "Give it back, as the owner of the tables",
                            missing.map { "GRANT \($0) TO \(quoteIdentifier(role))" }.joined(separator: "; "))
                    ])
                    + [
                        .init(
                            "Processes that ended because of it (exit code 70) are to be started again",
                            "systemctl restart spend-aggregator")
                    ],
                runbook: Runbook.aggregator("commits-fail"))
        ]
    }
}
