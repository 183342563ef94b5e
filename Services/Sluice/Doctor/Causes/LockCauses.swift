/// Who waits for whom in the database.
enum LockCauses {
    static let all: [Causes.Cause] = [blocked, openTransactions, preparedTransactions, slowStatements]

    /// Shorter waits are everyday ones.
    private static let noticeable: Int64 = 700

    @Sendable static func blocked(_ seen: Observations) -> [Diagnosis.Finding] {
        let sessions = seen.allSessions
        let byPid = Dictionary(sessions.map { ($0.pid, $0) }, uniquingKeysWith: { first, _ in first })
        let complaints = seen.evidence(ofReasons: "lock timeout", "lock_timeout", "55P03")
        var victims: [Int64: [SessionState]] = [:]
        for session in sessions where !session.blockedBy.isEmpty && seen.isOfJob(session) {
            guard session.statementAge ?? 0 >= noticeable || !complaints.isEmpty else { continue }
            for root in roots(of: session, byPid) { victims[root, default: []].append(session) }
        }
        if victims.isEmpty, !complaints.isEmpty {
            // Between two tries nobody waits: whoever holds the job's tables for long is the likeliest.
            for holder in sessions
            where !seen.isOfJob(holder) && !holder.holds.isEmpty && holder.transactionAge ?? 0 > 2_000 {
                victims[holder.pid] = []
            }
        }
        return victims.sorted { $0.key < $1.key }.map { root, waiting in
            finding(root, byPid[root], waiting, complaints, seen)
        }
    }

    /// The sessions at the end of the chains of waiting; a deadlock has none.
    private static func roots(of session: SessionState, _ byPid: [Int64: SessionState]) -> Set<Int64> {
        var roots: Set<Int64> = []
        var visited: Set<Int64> = [session.pid]
        var open = session.blockedBy
        while let pid = open.popLast() {
            guard visited.insert(pid).inserted else { continue }
            if let blocker = byPid[pid], !blocker.blockedBy.isEmpty {
                open += blocker.blockedBy
            } else {
                roots.insert(pid)
            }
        }
        return roots
    }

    private static func finding(
        _ pid: Int64, _ holder: SessionState?, _ waiting: [SessionState], _ complaints: [String], _ seen: Observations
    ) -> Diagnosis.Finding {
        let evidence = waiting.prefix(3).map(\.evidence) + complaints.prefix(2)
        if pid == 0 { return prepared(evidence, seen) }
        let isOwn = holder.map(seen.isOfJob) == true
        let isIdle = holder?.state.hasPrefix("idle in transaction") == true
        let certainty = waiting.isEmpty ? 0.85 : 0.94
        let who = holder.map { "\(TerminalText.safe($0.application)) (pid \(pid))" } ?? "pid \(pid)"
        return Diagnosis.Finding(
            cause: isIdle ? "idle_in_transaction" : "lock_blocked",
            title: isIdle
                ? "\(who) has left a transaction open and holds up the job's commits"
                : "\(who) holds a lock that the job's commits wait for",
            // A process of the job that holds another one up is as a rule itself held up by something else.
            likelihood: isOwn ? 0.5 : certainty,
            evidence: (holder.map { ["it holds up: \($0.evidence)"] } ?? ["it holds up: pid \(pid)"]) + evidence,
            nextSteps: [
                .sql(
                    isIdle
                        ? "End the session: its transaction is rolled back, the job goes on at once"
                        : "Cancel what it runs (softer: its session stays)",
                    isIdle ? "SELECT pg_terminate_backend(\(pid))" : "SELECT pg_cancel_backend(\(pid))"),
                isIdle
                    ? .init("Ask its owner why; bound it by idle_in_transaction_session_timeout for that role")
                    : .sql("Or end its session: its transaction is rolled back", "SELECT pg_terminate_backend(\(pid))"),
            ], runbook: Runbook.aggregator("commits-fail"))
    }

    private static func prepared(_ evidence: [String], _ seen: Observations) -> Diagnosis.Finding {
        let transactions = seen.database.value?.prepared ?? []
        return Diagnosis.Finding(
            cause: "prepared_transaction", title: "A prepared transaction holds a lock that the job's commits wait for",
            likelihood: 0.94,
            evidence: transactions.prefix(3).map {
                "pg_prepared_xacts \(TerminalText.safe($0.name)) of \($0.owner), \(TimeSpan(milliseconds: $0.ageMilliseconds)) old"
            } + evidence,
            nextSteps: transactions.prefix(2).map {
                .sql(
                    "Ask the transaction manager that prepared it; where it is lost, as its owner",
                    "ROLLBACK PREPARED '\($0.name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'"
                )
            }, runbook: Runbook.aggregator("commits-fail"))
    }

    /// Nobody waits yet.
    @Sendable static func openTransactions(_ seen: Observations) -> [Diagnosis.Finding] {
        let blockers = Set(seen.allSessions.flatMap(\.blockedBy))
        let forgotten = seen.allSessions.filter {
            $0.state.hasPrefix("idle in transaction") && $0.stateAge ?? 0 >= 60_000 && !blockers.contains($0.pid)
        }
        guard let worst = forgotten.max(by: { $0.stateAge ?? 0 < $1.stateAge ?? 0 }) else { return [] }
        return [
            Diagnosis.Finding(
                cause: "idle_in_transaction",
                title: "\(TerminalText.safe(worst.application)) (pid \(worst.pid)) has left a transaction open",
                likelihood: 0.35, evidence: forgotten.prefix(3).map(\.evidence),
                nextSteps: [
                    .sql("End the session: its transaction is rolled back", "SELECT pg_terminate_backend(\(worst.pid))")
                ], runbook: Runbook.aggregator("commits-fail"))
        ]
    }

    @Sendable static func preparedTransactions(_ seen: Observations) -> [Diagnosis.Finding] {
        guard !seen.allSessions.contains(where: { $0.blockedBy.contains(0) }),
            seen.database.value?.prepared.contains(where: { $0.ageMilliseconds > 300_000 }) == true
        else { return [] }
        var finding = prepared([], seen)
        finding.title = "A prepared transaction has been open for minutes: its locks stay until somebody ends it"
        finding.likelihood = 0.35
        return [finding]
    }

    @Sendable static func slowStatements(_ seen: Observations) -> [Diagnosis.Finding] {
        let slow = seen.allSessions.filter {
            $0.state == "active" && $0.blockedBy.isEmpty && $0.waitType != "Lock" && $0.waitEvent != "SyncRep"
                && $0.statementAge ?? 0 >= (seen.isOfJob($0) ? 3_000 : 300_000)
        }
        guard !slow.isEmpty else { return [] }
        let own = slow.filter(seen.isOfJob)
        let shown = own.isEmpty ? slow : own
        var evidence = shown.prefix(3).map(\.evidence)
        for probe in seen.aggregators {
            if let tenth = probe.metrics.value?.quantile(0.9, of: "sluice_checkpoint_commit_seconds"), tenth > 1 {
                evidence.append("\(probe.name): one checkpoint in ten takes \((tenth * 10).rounded() / 10) s or more")
            }
        }
        return [
            Diagnosis.Finding(
                cause: "slow_statements",
                title: own.isEmpty
                    ? "Somebody's statement has been running for minutes"
                    : "The database takes seconds for the job's statements",
                likelihood: own.isEmpty ? 0.3 : 0.8, evidence: evidence,
                nextSteps: [
                    .sql(
                        "See what they wait for: IO is the disk, LWLock contention, nothing the processor; Timeout a trigger that sleeps",
                        "SELECT pid, application_name, wait_event_type, wait_event, now() - query_start AS age FROM pg_stat_activity WHERE state = 'active' ORDER BY age DESC"
                    ),
                    .sql(
                        "Statistics that are old make bad plans: when were the job's tables vacuumed and analysed?",
                        "SELECT relname, n_live_tup, n_dead_tup, last_autovacuum, last_autoanalyze FROM pg_stat_user_tables ORDER BY n_dead_tup DESC LIMIT 10"
                    ),
                ], runbook: Runbook.aggregator("lag-growing"))
        ]
    }
}
