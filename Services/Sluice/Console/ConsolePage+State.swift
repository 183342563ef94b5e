import Reconciliation

extension ConsolePage {
    init(_ state: ConsoleState) {
        let problems = Self.problems(state)
        let verdict = Self.verdict(state, problems)
        documentTitle = Self.safe("\(problems.isEmpty ? "" : "(\(problems.count)) ")Sluice console: \(state.job)")
        verdictClass = verdict.class
        verdictMark = verdict.mark
        headline = verdict.headline
        lede = verdict.lede
        reasons = problems.prefix(6).enumerated().map { Line(key: "\($0)", lineText: Self.safe($1)) }
        announcement = Self.safe(([verdict.headline] + problems.prefix(3)).joined(separator: ". "))
        staleDatabase = Self.safe(Self.stale("PostgreSQL", state))
        hasStaleDatabase = !staleDatabase.isEmpty
        staleLog = Self.safe(Self.stale("Kafka", state))
        hasStaleLog = !staleLog.isEmpty
        facts = Self.facts(state)
        hasDiagnosis = state.sources.contains { $0.name == "doctor" }
        diagnosisSummary = Self.diagnosisSummary(state)
        findings = (state.diagnosis?.findings ?? []).enumerated().map { Self.finding($1, number: $0 + 1) }
        notExamined = (state.diagnosis?.notExamined ?? []).enumerated().map { index, gap in
            Line(key: "\(index)", lineText: Self.safe(gap))
        }
        hasNotExamined = !notExamined.isEmpty
        objectives = state.objectives.map { Self.objective($0, at: state.at) }
        hasObjectives = !objectives.isEmpty
        hasNoObjectives = objectives.isEmpty
        graph = JobGraph(state.flow)
        services = state.services.map(Self.service)
        partitions = state.partitions.map { Self.partition($0, at: state.at) }
        hasPartitions = !partitions.isEmpty
        hasNoPartitions = partitions.isEmpty
        partitionSummary = Self.partitionSummary(state)
        freshness = Self.freshnessRows(state)
        hasFreshness = !freshness.isEmpty
        hasNoFreshness = freshness.isEmpty
        reconciliations = state.reconciliations.map { Self.reconciliation($0, at: state.at) }
        hasReconciliations = !reconciliations.isEmpty
        hasNoReconciliations = reconciliations.isEmpty
        letters = state.letters.map { Self.letter($0, at: state.at) }
        hasLetters = !letters.isEmpty
        hasNoLetters = letters.isEmpty
        sources = state.sources.map { Self.source($0, at: state.at) }
        let moment = Instant(milliseconds: state.at / 1_000 * 1_000)
        footer = Self.safe("Job \(state.job), sampled at \(moment), every 2 s while this page is open.")
    }

    // MARK: What is the matter

    /// What needs somebody, the worst first, each in a sentence.
    static func problems(_ state: ConsoleState) -> [String] {
        var problems: [String] = []
        let stopped = state.partitions.filter(\.isStopped)
        if !stopped.isEmpty {
            let names = stopped.prefix(4).map { "\($0.topic) \($0.partition)" }.joined(separator: ", ")
            let more = stopped.count > 4 ? " and \(stopped.count - 4) more" : ""
            problems.append("\(Self.count(stopped.count, "partition is", "partitions are")) stopped: \(names)\(more)")
        }
        for source in state.sources where source.name != "doctor" && ["failed", "silent"].contains(source.state) {
            problems.append("\(source.name): \(source.problem ?? "no answer")")
        }
        for service in state.services where !["ready", "absent", "unknown"].contains(service.state) {
            let words = serviceWords(service.state).words
            // Which parts; why stands in the table of services.
            let parts =
                service.state == "not_ready" || service.state == "stuck"
                ? service.reasons.map { String($0.prefix { $0 != ":" }) } : service.reasons
            problems.append("\(service.name) is \(words)" + (parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")))
        }
        for one in state.objectives where one.objective.state != "ok" {
            problems.append(
                "\(one.objective.title) (\(one.service)): \(objectiveWords(one.objective.state).words)")
        }
        // The newest of each kind and topic holds.
        var seen: Set<String> = []
        for one in state.reconciliations
        where seen.insert("\(one.kind) \(one.topic)").inserted && one.verdict != "match" {
            problems.append(
                one.verdict == "mismatch"
                    ? "The last reconciliation (\(one.kind)) found \(Amount.count(one.differences)) differences"
                    : "The last reconciliation (\(one.kind)) could not compare: \(one.obstacle ?? "see its report")")
        }
        for finding in state.diagnosis?.findings ?? [] where problems.isEmpty { problems.append(finding.title) }
        return problems
    }

    private static func verdict(
        _ state: ConsoleState, _ problems: [String]
    ) -> (class: String, mark: String, headline: String, lede: String) {
        if problems.isEmpty {
            if state.sources.contains(where: { $0.state == "waiting" && $0.name != "doctor" })
                || state.services.contains(where: { $0.state == "unknown" })
            {
                return ("obstacle", "…", "Looking", "Not everything has been asked yet.")
            }
            return ("match", "✓", "All is well", "Every service is ready, and nothing that is watched here is wrong.")
        }
        let headline = problems.count == 1 ? "One thing needs attention" : "\(problems.count) things need attention"
        return ("mismatch", "!", headline, "")
    }

    /// Of a source that does not answer: of when its figures are. What is wrong with it stands at the top.
    static func stale(_ name: String, _ state: ConsoleState) -> String {
        guard let source = state.sources.first(where: { $0.name == name }), ["failed", "silent"].contains(source.state)
        else { return "" }
        let since = source.at.map { "As of \(age(state.at - $0)) ago: " } ?? ""
        return "\(since)\(name) does not answer as it should."
    }

    private static func facts(_ state: ConsoleState) -> [Fact] {
        let lags = state.partitions.compactMap(\.lag)
        let behind = state.partitions.filter { !$0.isIdle && ($0.lag ?? 1) > 0 }.compactMap(\.watermark).min()
        let percentiles = state.freshness.compactMap { $0.recent }.max { $0.p99 < $1.p99 }
        let ok = state.objectives.filter { $0.objective.state == "ok" }.count
        return [
            Fact(
                key: "read", factLabel: "Events read", factFigure: JobGraph.rate(state.flow.read),
                factRemark: "committed \(JobGraph.rate(state.flow.committed))"),
            Fact(
                key: "lag", factLabel: "Records not yet committed",
                factFigure: lags.isEmpty ? "–" : Amount.count(lags.reduce(0, +)),
                factRemark: count(lags.count, "partition", "partitions")),
            Fact(
                key: "freshness", factLabel: "Event to committed row",
                factFigure: percentiles.map { seconds($0.p99) } ?? "–",
                factRemark: percentiles.map { "99 of 100 in the last minute; half within \(seconds($0.p50))" }
                    ?? "nothing committed in the last minute"),
            Fact(
                key: "watermark", factLabel: "Watermark",
                factFigure: behind.map { age(state.at - $0) } ?? (state.partitions.isEmpty ? "–" : "idle"),
                factRemark: behind == nil ? "everything is read" : "behind the clock, the slowest partition"),
            Fact(
                key: "objectives", factLabel: "Objectives",
                factFigure: state.objectives.isEmpty ? "–" : "\(ok) of \(state.objectives.count)",
                factRemark: state.objectives.isEmpty ? "no service serves any" : "are kept"),
        ]
    }

    private static func diagnosisSummary(_ state: ConsoleState) -> String {
        guard let source = state.sources.first(where: { $0.name == "doctor" }) else { return "" }
        guard let diagnosis = state.diagnosis else {
            return source.problem.map { "Not examined: \($0)" } ?? "The examination runs."
        }
        let when = "Examined \(age(state.at - diagnosis.at)) ago"
        if !diagnosis.findings.isEmpty { return "\(when), the likeliest cause first." }
        return diagnosis.notExamined.isEmpty
            ? "\(when): nothing is wrong. \(count(diagnosis.healthy.count, "thing was", "things were")) looked at."
            : "\(when): nothing wrong was found, but not everything could be looked at."
    }

    private static func finding(_ finding: Diagnosis.Finding, number: Int) -> Finding {
        Finding(
            key: safe(finding.cause + " \(number)"), findingNumber: "\(number)", findingTitle: safe(finding.title),
            findingCause: safe(finding.cause),
            findingCertainty: finding.likelihood >= 0.8
                ? "likely the cause"
                : finding.likelihood >= 0.4 ? "may be the cause" : "may be a consequence",
            findingEvidence: finding.evidence.enumerated().map { Line(key: "\($0)", lineText: safe($1)) },
            findingSteps: finding.nextSteps.enumerated().map { index, step in
                Step(
                    key: "\(index)", stepText: safe(step.text), stepCommand: safe(step.command ?? ""),
                    stepHasCommand: step.command != nil)
            },
            findingRunbook: safe(finding.runbook ?? ""), findingHasRunbook: finding.runbook != nil)
    }

    // MARK: Words

    /// Text of others as it may be shown: what hides or turns text around as its numbers.
    static func safe(_ text: String) -> String { SafeText.page(text) }

    static func count(_ number: Int, _ one: String, _ many: String) -> String {
        "\(Amount.count(Int64(number))) \(number == 1 ? one : many)"
    }

    /// A length of time that has passed; clocks of two hosts may differ a little.
    static func age(_ milliseconds: Int64) -> String {
        let tenths = max(0, milliseconds) / 100
        return tenths == 0 ? "0 s" : TimeSpan(milliseconds: tenths * 100).description
    }

    static func seconds(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e12 else { return "–" }
        return seconds == 0 ? "0 s" : TimeSpan(milliseconds: Int64((seconds * 1_000).rounded())).description
    }
}
