/// What can be wrong with PostgreSQL as a whole.
enum DatabaseCauses {
    static let all: [Causes.Cause] = [
        down, full, refuses, readOnly, standbyMissing, diskFull, unreachableForService, archivingFails,
    ]

    @Sendable static func down(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let failure = seen.database.failure else { return [] }
        let title: String
        switch failure.kind {
        case .unreachable: title = "PostgreSQL is down: nothing answers at its address"
        case .silent: title = "PostgreSQL hangs: it was asked and did not answer"
        case .notYet: title = "PostgreSQL is starting or shutting down, and takes no connections"
        case .full, .refused, .other: return []
        }
        let troubled = seen.evidence(ofReasons: "connection", "Connection", "timeout", "server")
        // Services that commit meanwhile have another way to it than this command.
        let goesOn = seen.aggregators.contains { $0.readiness.value?.isEmpty == true } && troubled.isEmpty
        return [
            Diagnosis.Finding(
                cause: "postgres_down", title: goesOn ? title + " from here, while services go on" : title,
                likelihood: goesOn ? 0.6 : 0.97, evidence: ["connecting: \(failure.message)"] + troubled,
                nextSteps: [
                    .init(
                        "On the server: is it running, and what does its log say?",
                        "systemctl status postgresql; pg_lsclusters"),
                    .init(
                        "Mend the database; the services need nothing, they go on by themselves and nothing is lost."),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func full(_ seen: Observations) -> [Diagnosis.Finding] {
        var evidence: [String] = []
        if let failure = seen.database.failure {
            guard failure.kind == .full else { return [] }
            evidence.append("connecting: \(failure.message)")
        } else if let state = seen.database.value {
            let usable = state.maximumConnections - state.reservedConnections
            guard state.connections >= usable - 1 else { return [] }
            evidence.append(
                "\(state.connections) client sessions of max_connections \(state.maximumConnections), "
                    + "\(state.reservedConnections) of them kept for superusers")
            var byApplication: [String: Int] = [:]
            for session in state.sessions { byApplication[session.application, default: 0] += 1 }
            for (application, count) in byApplication.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }).prefix(3)
            {
                evidence.append("\(count) sessions are of \(TerminalText.safe(application))")
            }
        } else {
            return []
        }
        evidence += seen.evidence(ofReasons: "too many", "remaining connection slots")
        return [
            Diagnosis.Finding(
                cause: "postgres_out_of_connections", title: "PostgreSQL has no connection left", likelihood: 0.96,
                evidence: evidence,
                nextSteps: [
                    .sql(
                        "Find who holds them (a superuser's session gets in through the reserved ones)",
                        "SELECT application_name, usename, state, count(*) FROM pg_stat_activity GROUP BY 1, 2, 3 ORDER BY 4 DESC"
                    ),
                    .sql(
                        "End the idle sessions of the application that has too many; nothing of theirs is lost",
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle' AND application_name = 'NAME'"
                    ),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func refuses(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let failure = seen.database.failure, failure.kind == .refused || failure.kind == .other else { return [] }
        return [
            Diagnosis.Finding(
                cause: "postgres_refuses", title: "PostgreSQL does not let this role in", likelihood: 0.8,
                evidence: ["connecting: \(failure.message)"] + seen.evidence(ofReasons: "authentication", "pg_hba"),
                nextSteps: [
                    .init(
                        "Check the address, the role and the password with what the service has",
                        "spend-aggregator check"),
                    .init("On the server: pg_hba.conf, the role and the database", "psql -c '\\du' -c '\\l'"),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func readOnly(_ seen: Observations) -> [Diagnosis.Finding] {
        var evidence: [String] = []
        if let state = seen.database.value {
            if state.isInRecovery { evidence.append("pg_is_in_recovery() is true: this server is a standby") }
            if state.isReadOnly, !state.isInRecovery {
                evidence.append("default_transaction_read_only is on for role \(state.role)")
            }
        }
        evidence += seen.evidence(ofReasons: "read-only transaction")
        guard !evidence.isEmpty else { return [] }
        let isStandby = seen.database.value?.isInRecovery == true
        return [
            Diagnosis.Finding(
                cause: "postgres_read_only", title: "PostgreSQL takes no writes", likelihood: 0.95, evidence: evidence,
                nextSteps: isStandby
                    ? [
                        .init(
                            "Point the services at the primary, or promote this server if the primary is lost for good (read the runbook first)"
                        )
                    ]
                    : [
                        .sql(
                            "Find who set it, and take it back",
                            "SELECT coalesce(r.rolname, '') AS role, coalesce(d.datname, '') AS database, s.setconfig FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole LEFT JOIN pg_database AS d ON d.oid = s.setdatabase"
                        ),
                        .sql(
                            "Where it is the server's setting",
                            "ALTER SYSTEM RESET default_transaction_read_only; SELECT pg_reload_conf()"),
                    ], runbook: Runbook.aggregator(isStandby ? "after-a-database-failover" : "commits-fail"))
        ]
    }

    @Sendable static func standbyMissing(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let state = seen.database.value, !state.synchronousStandbys.isEmpty else { return [] }
        let synchronous = state.standbys.filter { $0.syncState == "sync" || $0.syncState == "quorum" }
        let waiting = seen.allSessions.filter { $0.waitEvent == "SyncRep" }
        guard synchronous.isEmpty || !waiting.isEmpty else { return [] }
        var evidence = ["synchronous_standby_names is \(TerminalText.safe(state.synchronousStandbys))"]
        evidence.append(
            state.standbys.isEmpty
                ? "pg_stat_replication has no standby"
                : "pg_stat_replication has "
                    + state.standbys.map { "\($0.name) (\($0.state), \($0.syncState))" }.joined(separator: ", "))
        evidence += waiting.prefix(3).map(\.evidence)
        return [
            Diagnosis.Finding(
                cause: "sync_standby_missing",
                title: waiting.isEmpty
                    ? "Commits need a synchronous standby, and none streams"
                    : "Commits hang: they wait for a synchronous standby that is not there",
                likelihood: waiting.isEmpty ? 0.8 : 0.97, evidence: evidence,
                nextSteps: [
                    .init(
                        "Bring the standby back: on its host",
                        "systemctl status postgresql; journalctl -u postgresql -n 50"),
                    .sql(
                        "Or go on without one, if whoever owns the database agrees: what is committed then is on one machine only",
                        "ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf()"),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func diskFull(_ seen: Observations) -> [Diagnosis.Finding] {
        let evidence = seen.evidence(ofReasons: "No space left", "disk full", "could not extend file")
        guard !evidence.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "postgres_disk_full", title: "PostgreSQL's disk is full", likelihood: 0.95, evidence: evidence,
                nextSteps: [
                    .init(
                        "On the database's host: what fills it? Never delete from pg_wal by hand.",
                        "df -h; du -xsh /var/lib/postgresql/*/*"),
                    .sql(
                        "A replication slot that nobody reads keeps WAL for ever",
                        "SELECT slot_name, active, pg_size_pretty(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)) FROM pg_replication_slots"
                    ),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    /// The database answers here and not where a service runs.
    @Sendable static func unreachableForService(_ seen: Observations) -> [Diagnosis.Finding] {
        guard seen.database.value != nil else { return [] }
        let evidence = seen.evidence(ofReasons: "connectionFailed", "Connection refused", "could not translate host")
        guard !evidence.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "service_cannot_reach_postgres",
                title: "A service does not reach PostgreSQL, which answers here",
                likelihood: 0.75, evidence: evidence,
                nextSteps: [
                    .init("On the service's host: address, firewall, TLS, password", "spend-aggregator check"),
                    .init("It connects again by itself; nothing is lost."),
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func archivingFails(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let failed = seen.database.value?.failedArchiving else { return [] }
        return [
            Diagnosis.Finding(
                cause: "wal_archiving_fails",
                title: "PostgreSQL cannot archive its write-ahead log: its disk fills until it stops", likelihood: 0.55,
                evidence: ["pg_stat_archiver: last_failed_wal \(failed)"],
                nextSteps: [
                    .sql("What the archive command is; its errors stand in the server's log", "SHOW archive_command")
                ],
                runbook: Runbook.aggregator("commits-fail"))
        ]
    }
}
