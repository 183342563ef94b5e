/// Everything that can be found, area by area. Each is a pure function of what was seen and knows nothing of the others;
/// which of them is a consequence of which is `Ranking`'s matter.
enum Causes {
    typealias Cause = @Sendable (Observations) -> [Diagnosis.Finding]

    static let all: [Cause] =
        DatabaseCauses.all + LockCauses.all + SchemaCauses.all + KafkaCauses.all + PartitionCauses.all
        + ServiceCauses.all
        + SettingsCauses.all + ResultsCauses.all
}

/// Sections of the runbooks that a finding leads to.
enum Runbook {
    static func aggregator(_ anchor: String) -> String { "deploy/spend-aggregator/runbook.md#\(anchor)" }
    static func reconciler(_ anchor: String) -> String { "deploy/reconciler/runbook.md#\(anchor)" }
}

extension Diagnosis.NextStep {
    init(_ text: String, _ command: String? = nil) { self.init(text: text, command: command) }

    /// A statement, as it is run with the connection that the commands of `sluice` use. Names in it come from the database, and
    /// the line is made to be pasted: nothing of it may mean something to a shell.
    static func sql(_ text: String, _ statement: String) -> Self {
        Self(text, "psql \"$SLUICE_POSTGRES\" -c \"\(quotedForShell(statement))\"")
    }

    /// What stands between double quotes of a POSIX shell.
    private static func quotedForShell(_ text: String) -> String {
        var quoted = ""
        for character in TerminalText.safe(text) {
            if "\"\\$`".contains(character) { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted
    }
}

extension Observations {
    /// The flags that every command of `sluice` needs to mean the same job.
    var flags: String {
        (schemaPrefix.isEmpty ? "" : " --schema-prefix \(schemaPrefix)")
            + (job == "spend-aggregator" ? "" : " --job \(job)")
    }

    /// Reasons of services that hold one of these, as evidence.
    func evidence(ofReasons parts: String...) -> [String] {
        reasons.filter { reason in parts.contains { reason.reason.reason.contains($0) } }.map {
            "\($0.service) is not ready: \($0.reason.component): \(Self.short($0.reason.reason))"
        }
    }

    /// A text of elsewhere, cut to what fits a line.
    static func short(_ text: String) -> String { text.count > 200 ? text.prefix(200) + "…" : text }

    /// Both looks at sessions, the one that waits longest of each.
    var allSessions: [SessionState] {
        var byPid: [Int64: SessionState] = [:]
        for session in (database.value?.sessions ?? []) + laterSessions {
            // A session that waits in one of the looks is kept as it waited.
            if let known = byPid[session.pid], !known.blockedBy.isEmpty, session.blockedBy.isEmpty { continue }
            byPid[session.pid] = session
        }
        return byPid.values.sorted { $0.pid < $1.pid }
    }

    /// Whether a session is of a process of the job.
    func isOfJob(_ session: SessionState) -> Bool {
        session.application.hasPrefix("\(job)/") || session.application == job
    }

    /// Whether anything was committed between the two looks at progress.
    var isMoving: Bool {
        let before = Dictionary(
            (results.value?.progress ?? []).map { ($0.place, $0.nextOffset ?? 0) },
            uniquingKeysWith: { first, _ in first })
        return laterProgress.contains { ($0.nextOffset ?? 0) > before[$0.place] ?? .max }
    }
}

extension SessionState {
    /// Where it was seen and what it does, without its statement's values.
    var evidence: String {
        var text =
            "pg_stat_activity pid \(pid) (\(TerminalText.safe(application)), role \(user), from \(client)): \(state)"
        if let age = state.hasPrefix("idle") ? stateAge : statementAge { text += " for \(TimeSpan(milliseconds: age))" }
        if let transactionAge, transactionAge > 0 {
            text += ", transaction open for \(TimeSpan(milliseconds: transactionAge))"
        }
        if state == "active", let waitType { text += ", waits for \(waitType)/\(waitEvent ?? "")" }
        if !words.isEmpty { text += state == "active" ? ", runs \(words) …" : ", last ran \(words) …" }
        if !holds.isEmpty { text += ", holds locks on \(holds.joined(separator: ", "))" }
        return text
    }
}
