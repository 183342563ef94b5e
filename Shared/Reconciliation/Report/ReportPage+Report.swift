extension ReportPage {
    /// The page of a report whose amounts are numbers.
    init(_ report: ReconciliationReport) {
        documentTitle = "\(report.headline): \(report.scope.job.isEmpty ? report.scope.topic : report.scope.job)"
        headline = report.headline
        lede = Self.lede(report)
        switch report.verdict {
        case .match: (verdictClass, verdictMark) = ("match", "✓")
        case .mismatch: (verdictClass, verdictMark) = ("mismatch", "✗")
        case .couldNotCompare: (verdictClass, verdictMark) = ("obstacle", "?")
        }
        facts = Self.facts(report)
        compared = Self.compared(report)
        money = report.totals.map(Self.moneyRow)
        eventRows = report.totals.map {
            EventRow(
                eventCurrency: $0.currency, impressions: Nanos.count($0.impressions), clicks: Nanos.count($0.clicks),
                conversions: Nanos.count($0.conversions), videoViews: Nanos.count($0.videoViews))
        }
        hasTotals = !money.isEmpty
        pictures = SpendPicture.pictures(of: report)
        hasPicture = report.verdict != .couldNotCompare || !pictures.isEmpty
        checkRows = report.checks.map { check in
            CheckRow(
                checkClass: check.status.rawValue, checkMark: check.status.mark, checkWords: check.status.words,
                checkTitle: check.title, checkNote: check.note, checkCompared: Nanos.count(check.compared),
                checkDiffering: check.status == .notChecked ? "–" : Nanos.count(check.differing))
        }
        hasChecks = !checkRows.isEmpty
        checkSummary = Self.checkSummary(report)
        cards = report.differences.prefix(DifferenceCard.shown).map { DifferenceCard($0, in: report) }
        classRows = DifferenceCard.classRows(report.differences)
        hasDifferences = !cards.isEmpty
        differenceSummary = Self.differenceSummary(report)
        externalTerms = report.external.map(Self.externalTerms) ?? []
        hasExternal = report.external != nil
        findingRows = report.findings.map(Self.findingRow)
        hasFindings = !findingRows.isEmpty
        methodLines = report.method
        hasMethod = !methodLines.isEmpty
        assumptionLines = report.assumptions
        hasAssumptions = !assumptionLines.isEmpty
        signatureTerms = Self.signatures(report)
        partitionRows = report.scope.partitions.map {
            PartitionRow(
                partitionName: "\($0.topic)/\($0.partition)",
                partitionRange: $0.fromOffset >= $0.toOffset
                    ? "none" : "\(Nanos.count($0.fromOffset)) to \(Nanos.count($0.toOffset - 1))",
                partitionLog: "\(Nanos.count($0.logStart)) to before \(Nanos.count($0.logEnd))",
                partitionHash: $0.contentHash)
        }
        hasPartitions = !partitionRows.isEmpty
        let moment = CivilTime(milliseconds: report.createdAtMilliseconds).text
        footer = "Report \(report.id) of \(moment) UTC" + (report.program.isEmpty ? "" : ", made by \(report.program)")
    }

    private static func lede(_ report: ReconciliationReport) -> String {
        let topic = report.scope.topic.isEmpty ? "the log" : "the topic \(report.scope.topic)"
        switch report.verdict {
        case .couldNotCompare:
            var reason = report.obstacle ?? "The reason was not recorded."
            if let last = reason.last, !".!?".contains(last) { reason += "." }
            return "\(reason) No figure is confirmed by this report, and none refuted."
        case .match where report.scope.records == 0:
            return "The log holds no records here, and the results hold no figures: there was nothing to compare."
        case .match:
            return
                "\(plural(report.scope.records, "record")) of \(topic) were counted a second time, in another way, and the "
                + "results are what they add up to, to the last billionth of a currency unit."
        case .mismatch:
            let counted =
                "\(plural(report.scope.records, "record")) of \(topic) were counted a second time, in another way. "
            let net = report.netDifferences.map { currency, nanos in
                "\(Nanos(Int128(clamping: nanos.value.magnitude)).units()) \(currency) \(nanos.value > 0 ? "more" : "less")"
            }
            if net.isEmpty { return counted + "The totals of spend agree; what differs is listed below." }
            return counted + "In all, the results have \(list(net)) than the log gives."
        }
    }

    private static func facts(_ report: ReconciliationReport) -> [Fact] {
        var facts: [Fact] = []
        for total in report.totals.prefix(2) {
            let expected = Nanos(total.expectedNanos) ?? Nanos(0)
            let difference = (Nanos(total.actualNanos) ?? Nanos(0)) - expected
            let (whole, tail) = expected.unitsInTwoParts
            facts.append(
                Fact(
                    label: "Spend in \(total.currency), by the log", figure: whole, figureTail: tail,
                    remark: difference == Nanos(0)
                        ? "the results say the same" : "the results differ by \(difference.units(signed: true))"))
        }
        facts.append(
            Fact(
                label: "Records read again", figure: Nanos.count(report.scope.records), figureTail: "",
                remark: "from \(plural(Int64(report.scope.partitions.count), "partition"))"))
        if !report.checks.isEmpty {
            let agreeing = report.checks.count { $0.status == .match }
            facts.append(
                Fact(
                    label: "Checks that agree", figure: "\(agreeing) of \(report.checks.count)", figureTail: "",
                    remark: checkSummary(report)))
        }
        return facts
    }

    private static func checkSummary(_ report: ReconciliationReport) -> String {
        let differing = report.checks.count { $0.status == .mismatch }
        let open = report.checks.count { $0.status == .notChecked }
        var parts: [String] = []
        if differing > 0 { parts.append("\(differing) \(differing == 1 ? "differs" : "differ")") }
        if open > 0 { parts.append("\(open) \(open == 1 ? "was" : "were") not made") }
        return parts.isEmpty ? "none differs" : parts.joined(separator: ", ")
    }

    private static func compared(_ report: ReconciliationReport) -> [Term] {
        let scope = report.scope
        var terms = [Term(term: "Period", detail: report.period)]
        if !scope.job.isEmpty { terms.append(Term(term: "Job", detail: scope.job)) }
        if !scope.topic.isEmpty { terms.append(Term(term: "Events", detail: "topic \(scope.topic)")) }
        if let topic = scope.adjustmentsTopic { terms.append(Term(term: "Adjustments", detail: "topic \(topic)")) }
        if !scope.source.isEmpty { terms.append(Term(term: "Read from", detail: scope.source)) }
        // Where it was not even read which settings the job has, there is nothing to say about them.
        guard scope.horizonMilliseconds > 0 || scope.outOfOrdernessMilliseconds > 0 else { return terms }
        terms.append(
            Term(
                term: "Duplicates",
                detail:
                    "a copy counts as one if it comes within \(ReconciliationReport.duration(scope.horizonMilliseconds))"
            ))
        terms.append(
            Term(
                term: "Late",
                detail:
                    "the log may be out of order by \(ReconciliationReport.duration(scope.outOfOrdernessMilliseconds))")
        )
        return terms
    }

    private static func moneyRow(_ total: ReconciliationReport.CurrencyTotal) -> MoneyRow {
        let expected = Nanos(total.expectedNanos) ?? Nanos(0)
        let actual = Nanos(total.actualNanos) ?? Nanos(0)
        let adjustments = Nanos(total.adjustmentNanos) ?? Nanos(0)
        return MoneyRow(
            moneyCurrency: total.currency, moneyExpected: expected.units(), moneyActual: actual.units(),
            moneyDifference: (actual - expected).units(signed: true), moneyAdjustments: adjustments.units(signed: true),
            moneyDiffers: expected != actual)
    }

    private static func differenceSummary(_ report: ReconciliationReport) -> String {
        let shown = Int64(min(report.differences.count, DifferenceCard.shown))
        guard report.differenceCount > shown else { return "" }
        let listed = Int64(report.differences.count)
        var text = "Here are the \(Nanos.count(shown)) largest of \(Nanos.count(report.differenceCount)). "
        if listed > shown { text += "The report's JSON and CSV list \(Nanos.count(listed)) of them." }
        return text
    }

    private static func externalTerms(_ external: ReconciliationReport.ExternalComparison) -> [Term] {
        let tolerance = Nanos(external.toleranceNanos)?.units() ?? external.toleranceNanos
        return [
            Term(term: "Ledger", detail: external.source),
            Term(
                term: "Tolerance",
                detail:
                    "\(tolerance) in each currency, or \(external.tolerancePercent) % of our amount, whichever is more"),
            Term(term: "Days compared", detail: Nanos.count(external.compared)),
            Term(term: "Within the tolerance", detail: Nanos.count(external.within)),
            Term(term: "Off by more", detail: Nanos.count(external.differing)),
            Term(term: "Missing in the ledger", detail: Nanos.count(external.missingThere)),
            Term(term: "Only in the ledger", detail: Nanos.count(external.missingHere)),
        ]
    }

    private static func findingRow(_ finding: ReconciliationReport.Finding) -> FindingRow {
        let money = finding.nanos.map { "\(Nanos($0.value)?.units() ?? $0.value) \($0.name)" }
        return FindingRow(
            findingWords: finding.class.words, findingCount: Nanos.count(finding.count),
            findingMoney: money.isEmpty ? nil : money.joined(separator: ", "),
            findingEvents: finding.events.isEmpty ? nil : finding.events.map(\.text).joined(separator: " "),
            findingExplanation: finding.explanation)
    }

    private static func signatures(_ report: ReconciliationReport) -> [Term] {
        var terms = [
            Term(term: "Report", detail: report.id),
            Term(term: "Made at", detail: CivilTime(milliseconds: report.createdAtMilliseconds).iso),
        ]
        if !report.program.isEmpty { terms.append(Term(term: "Program", detail: report.program)) }
        terms.append(Term(term: "Schema version", detail: String(report.schemaVersion)))
        terms += report.signatures.map { Term(term: $0.name, detail: $0.value) }
        let (wall, cpu) = (report.cost.wallMilliseconds, report.cost.cpuMilliseconds)
        if wall > 0 || cpu > 0 {
            terms.append(
                Term(term: "It took", detail: "\(Nanos.count(wall)) ms, of processors \(Nanos.count(cpu)) ms"))
        }
        return terms
    }

    static func plural(_ count: Int64, _ noun: String) -> String {
        "\(Nanos.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    private static func list(_ parts: [String]) -> String {
        parts.count < 2 ? parts.joined() : parts.dropLast().joined(separator: ", ") + " and " + parts[parts.count - 1]
    }
}
