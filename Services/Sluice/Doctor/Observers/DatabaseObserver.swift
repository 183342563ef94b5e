import Connectors
import Postgres

/// Looks at PostgreSQL. Blocks; every statement has a short limit.
struct DatabaseObserver {
    let names: DatabaseNames
    let job: String
    private let connection: PostgresConnection

    init(_ configuration: PostgresConfiguration, names: DatabaseNames, job: String) throws(PostgresError) {
        self.names = names
        self.job = job
        var configuration = configuration
        configuration.applicationName = "sluice-doctor"
        // libpq takes less than 2 as 2.
        configuration.connectTimeoutSeconds = 2
        configuration.lockTimeoutMilliseconds = 1_000
        configuration.statementTimeoutMilliseconds = 2_500
        configuration.silenceTimeoutMilliseconds = 3_500
        connection = try PostgresConnection(configuration)
    }

    func close() { connection.close() }

    func query(_ sql: String, _ parameters: [PostgresParameter] = []) throws(PostgresError) -> PostgresRows {
        try connection.query(sql, parameters)
    }

    /// The server, and what its sessions do.
    func state() throws(PostgresError) -> DatabaseState {
        let row = try connection.query(
            """
            SELECT current_user::text AS role, pg_is_in_recovery() AS recovery,
                current_setting('default_transaction_read_only') = 'on' AS read_only,
                current_setting('max_connections')::int8 AS maximum,
                current_setting('superuser_reserved_connections')::int8 AS reserved,
                current_setting('synchronous_standby_names') AS standbys,
                current_setting('synchronous_commit') AS commit,
                pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS may_read,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections,
                (SELECT format('%s, %s failures, the last %s ago', last_failed_wal, failed_count,
                    date_trunc('second', clock_timestamp() - last_failed_time))
                    FROM pg_stat_archiver WHERE last_failed_time > coalesce(last_archived_time, '-infinity')) AS archiving
            """)[0]
        var state = DatabaseState(
            role: try row.string("role"), mayRead: try row.bool("may_read"),
            maximumConnections: Int(try row.int64("maximum")), reservedConnections: Int(try row.int64("reserved")),
            connections: Int(try row.int64("connections")))
        state.isInRecovery = try row.bool("recovery")
        state.isReadOnly = try row.bool("read_only")
        state.synchronousStandbys = try row.string("standbys")
        state.synchronousCommit = try row.string("commit")
        state.failedArchiving = try row.optionalString("archiving")
        state.standbys = try standbys()
        state.prepared = try prepared()
        state.sessions = try sessions()
        try lookAtSchema(&state)
        return state
    }

    private func standbys() throws(PostgresError) -> [StandbyState] {
        let rows = try connection.query(
            """
            SELECT coalesce(application_name, '') AS name, coalesce(state, '') AS state, coalesce(sync_state, '') AS sync
            FROM pg_stat_replication ORDER BY 1 LIMIT 50
            """)
        return try rows.map { row throws(PostgresError) in
            StandbyState(
                name: try row.string("name"), state: try row.string("state"), syncState: try row.string("sync"))
        }
    }

    private func prepared() throws(PostgresError) -> [PreparedState] {
        let rows = try connection.query(
            """
            SELECT gid, owner::text AS owner, (extract(epoch FROM clock_timestamp() - prepared) * 1000)::int8 AS age
            FROM pg_prepared_xacts WHERE database = current_database() ORDER BY prepared LIMIT 50
            """)
        return try rows.map { row throws(PostgresError) in
            PreparedState(
                name: try row.string("gid"), owner: try row.string("owner"), ageMilliseconds: try row.int64("age"))
        }
    }

    /// What every session of the database does, and who blocks whom.
    func sessions() throws(PostgresError) -> [SessionState] {
        let rows = try connection.query(
            """
            WITH held AS (
                SELECT l.pid, string_agg(DISTINCT n.nspname || '.' || c.relname, ',') AS tables
                FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
                WHERE l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock' AND n.nspname IN ($1, $2)
                    AND c.relkind IN ('r', 'p') GROUP BY l.pid)
            SELECT a.pid::int8 AS pid, coalesce(nullif(a.application_name, ''), a.backend_type, '') AS application,
                coalesce(a.usename::text, '') AS role, coalesce(host(a.client_addr), 'the same host') AS client,
                coalesce(a.state, '') AS state, a.wait_event_type, a.wait_event,
                (extract(epoch FROM clock_timestamp() - a.xact_start) * 1000)::int8 AS transaction_age,
                (extract(epoch FROM clock_timestamp() - a.query_start) * 1000)::int8 AS statement_age,
                (extract(epoch FROM clock_timestamp() - a.state_change) * 1000)::int8 AS state_age,
                left(coalesce(a.query, ''), 200) AS statement,
                CASE WHEN a.wait_event_type = 'Lock' THEN array_to_string(pg_blocking_pids(a.pid), ',') ELSE '' END AS blockers,
                coalesce(h.tables, '') AS holds
            FROM pg_stat_activity AS a LEFT JOIN held AS h USING (pid)
            WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.application_name <> 'sluice-doctor'
            ORDER BY a.xact_start NULLS LAST LIMIT 500
            """, [.text(names.schema("sluice")), .text(names.schema("spend"))])
        return try rows.map { row throws(PostgresError) in
            SessionState(
                pid: try row.int64("pid"), application: try row.string("application"), user: try row.string("role"),
                client: try row.string("client"), state: try row.string("state"),
                waitType: try row.optionalString("wait_event_type"), waitEvent: try row.optionalString("wait_event"),
                transactionAge: try row.optionalInt64("transaction_age"),
                statementAge: try row.optionalInt64("statement_age"), stateAge: try row.optionalInt64("state_age"),
                words: StatementWords.of(try row.string("statement")),
                blockedBy: try row.string("blockers").split(separator: ",").compactMap { Int64($0) },
                holds: try row.string("holds").split(separator: ",").map(String.init))
        }
    }

    /// The job's tables: are they there, are they of this version, and may this role do what a process of the job must?
    private func lookAtSchema(_ state: inout DatabaseState) throws(PostgresError) {
        do throws(PostgresError) {
            let status = try ProgressMigrations.migrator(names).status(on: connection)
            state.pendingMigrations = status.pending.map { "\(names.schema("sluice")) \($0.version) \($0.name)" }
        } catch {
            guard error.code == .migration || error.sqlState == "42501" else { throw error }
            state.migrationFailure = error.message
        }
        let progress = names.table("sluice", "progress")
        let found = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(progress)])
        state.hasTables = try found[0].bool(0)
        guard state.hasTables else { return }
        let needed: [(right: String, table: String)] = [
            ("SELECT", progress), ("INSERT", progress), ("UPDATE", progress),
            ("INSERT", names.table("sluice", "dead_letter")),
        ]
        var missing: [String] = []
        var mayWrite = false
        for (right, table) in needed {
            let row = try connection.query(
                "SELECT has_schema_privilege($1, 'USAGE') AND has_table_privilege($2, $3)",
                [.text(names.schema("sluice")), .text(table), .text(right)])
            if try row[0].bool(0) {
                mayWrite = mayWrite || right != "SELECT"
            } else {
                missing.append("\(right) on \(table)")
            }
        }
        // A role that only reads is an operator's, not a service's.
        state.missingRights = mayWrite || missing.contains { $0.hasPrefix("SELECT") } ? missing : nil
    }
}
