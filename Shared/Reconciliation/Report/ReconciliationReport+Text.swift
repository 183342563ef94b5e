extension ReconciliationReport {
    /// How many differences the text shows; all are in the other formats.
    static let shownInText = 20

    /// The report for a terminal. Its last line is the outcome: `reconciled: N events, M rows, difference 0`,
    /// `not reconciled: ...` or `could not reconcile: ...`.
    func text() -> String {
        var lines = [headline, "", "period   \(period)"]
        if !scope.job.isEmpty { lines.append("job      \(scope.job)") }
        lines.append("source   \(scope.source.isEmpty ? scope.topic : scope.source)")
        lines.append(
            "records  \(Nanos.count(scope.records)) in \(scope.partitions.count { $0.topic == scope.topic }) partitions"
        )
        if !id.isEmpty { lines.append("report   \(id)") }
        lines += totalLines + checkLines + differenceLines + findingLines + ["", outcome]
        // Whatever came from outside is on one line and has no control characters.
        return lines.map { SafeText.terminal($0) }.joined(separator: "\n") + "\n"
    }

    private var totalLines: [String] {
        guard !totals.isEmpty else { return [] }
        let rows = totals.map { total in
            let (expected, actual) = (Nanos(total.expectedNanos), Nanos(total.actualNanos))
            let difference = expected.flatMap { expected in actual.map { $0 - expected } }
            return [
                total.currency, expected?.units() ?? "", actual?.units() ?? "", difference?.units(signed: true) ?? "",
            ]
        }
        return ["", "Spend"] + Self.table([["", "by the log", "in the results", "difference"]] + rows, numbersFrom: 1)
    }

    private var checkLines: [String] {
        guard !checks.isEmpty else { return [] }
        let rows = checks.map { check in
            [
                check.status.words, check.name, Nanos.count(check.compared), Nanos.count(check.differing),
                check.title + (check.note.map { " (\($0))" } ?? ""),
            ]
        }
        return ["", "Checks"]
            + Self.table([["", "check", "compared", "differing", "what"]] + rows, numbersFrom: 2, numbersTo: 4)
    }

    private var differenceLines: [String] {
        guard !differences.isEmpty else { return [] }
        let shown = differences.prefix(Self.shownInText)
        var lines = ["", "Differences"]
        if shown.count < differenceCount {
            lines[1] += ": the \(shown.count) largest of \(Nanos.count(differenceCount))"
        }
        for difference in shown {
            let amount =
                difference.nanos == "0"
                ? "" : ", \(Nanos(difference.nanos)?.units(signed: true) ?? "") \(difference.currency ?? "")"
            lines.append("  \(name(of: difference))  \(difference.class.words) (\(difference.check))\(amount)")
            if !difference.key.isEmpty {
                lines.append("    at " + difference.key.map { "\($0.name) \($0.value)" }.joined(separator: ", "))
            }
            for column in difference.columns where column.expected != column.actual {
                lines.append(
                    "    \(column.name): \(column.expected ?? "nothing") by the log, \(column.actual ?? "nothing") found"
                )
            }
            if difference.eventCount > 0 {
                let more = difference.eventCount - Int64(difference.events.count)
                lines.append(
                    "    events " + difference.events.map(\.text).joined(separator: " ")
                        + (more > 0 ? " and \(Nanos.count(more)) more" : ""))
            }
            if !difference.explanation.isEmpty { lines.append("    \(difference.explanation)") }
        }
        lines.append("  The events of one of them: sluice reconcile explain \(id)-N")
        return lines
    }

    private var findingLines: [String] {
        guard !findings.isEmpty else { return [] }
        return ["", "Worth knowing (no mismatch)"]
            + findings.map { finding in
                let amounts = finding.nanos.map { "\(Nanos($0.value)?.units() ?? $0.value) \($0.name)" }
                let money = amounts.isEmpty ? "" : " (\(amounts.joined(separator: ", ")))"
                return "  \(Nanos.count(finding.count)) x \(finding.class.words)\(money): \(finding.explanation)"
            }
    }

    /// The last line.
    var outcome: String {
        switch verdict {
        case .match:
            // Saturating: a sum of counts is not worth a trap.
            let rows = checks.reduce(Int64(0)) { sum, check in
                let (value, overflow) = sum.addingReportingOverflow(check.compared)
                return overflow ? .max : value
            }
            return "reconciled: \(scope.records) events, \(rows) rows, difference 0"
        case .mismatch:
            let differing = checks.count { $0.status == .mismatch }
            let amounts = netDifferences.map { ", \($0.nanos.units(grouped: false, signed: true)) \($0.currency)" }
            return "not reconciled: \(differenceCount) \(differenceCount == 1 ? "difference" : "differences") in "
                + "\(differing) \(differing == 1 ? "check" : "checks")" + amounts.joined()
        case .couldNotCompare: return "could not reconcile: \(obstacle ?? "the reason was not recorded")"
        }
    }

    /// Columns side by side; those from `numbersFrom` up to `numbersTo` are set to the right.
    private static func table(_ rows: [[String]], numbersFrom: Int, numbersTo: Int = .max) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column >= numbersFrom && column < numbersTo ? padding + cell : cell + padding
            }
            let line = "  " + cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
