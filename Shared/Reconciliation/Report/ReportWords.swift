/// The report's fixed names in plain words.
extension ReconciliationReport.Class {
    /// What it is, for people who do not know the code: "events are missing".
    var words: String {
        switch self {
        case .missingEvent: "Events missing from the results"
        case .countedTwice: "Events counted twice"
        case .duplicateBeyondHorizon: "Copies that came after the deduplication had forgotten the first"
        case .duplicateAcrossPartitions: "The same event in more than one partition"
        case .lateAfterClose: "Late events, after the range was closed"
        case .invalid: "Invalid traffic"
        case .adjustmentMissing: "An adjustment is missing"
        case .rowWithoutEvents: "A row that no event accounts for"
        case .deadLetter: "Records that cannot be used (dead letters)"
        case .progress: "Recorded progress does not fit the log"
        case .budgetSignal: "A budget signal does not fit the spend"
        case .externalLedger: "The billing ledger says something else"
        case .unknown: "Cause not known"
        }
    }
}

extension ReconciliationReport.CheckStatus {
    var words: String {
        switch self {
        case .match: "agrees"
        case .mismatch: "differs"
        case .notChecked: "not checked"
        }
    }

    /// Never alone: the words stand beside it.
    var mark: String {
        switch self {
        case .match: "✓"
        case .mismatch: "✗"
        case .notChecked: "–"
        }
    }
}

extension ReconciliationReport {
    /// The verdict as a headline.
    var headline: String {
        switch verdict {
        case .match where scope.records == 0 && checks.allSatisfy({ $0.compared == 0 }): "There was nothing to compare"
        case .match: "Every figure agrees with the log"
        case .mismatch where differenceCount == 1: "1 figure does not agree"
        case .mismatch: "\(Nanos.count(differenceCount)) figures do not agree"
        case .couldNotCompare: "The figures could not be compared"
        }
    }

    /// The period in words; both ends are in UTC.
    var period: String {
        func text(_ milliseconds: Int64) -> String { CivilTime(milliseconds: milliseconds).text }
        switch (scope.fromMilliseconds, scope.toMilliseconds) {
        case (let from?, let to?): return "\(text(from)) to \(text(to)) UTC"
        case (let from?, nil): return "from \(text(from)) UTC on"
        case (nil, let to?): return "everything before \(text(to)) UTC"
        case (nil, nil): return "everything in the log"
        }
    }

    /// What the results have more (or less, below 0) than the log gives, for each currency where that is not 0.
    var netDifferences: [(currency: String, nanos: Nanos)] {
        totals.compactMap { total in
            guard let expected = Nanos(total.expectedNanos), let actual = Nanos(total.actualNanos), expected != actual
            else { return nil }
            return (total.currency, actual - expected)
        }
    }

    /// A duration as people say it: "10 minutes", "30 seconds".
    static func duration(_ milliseconds: Int64) -> String {
        for (unit, name) in [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute"), (1000, "second")]
            as [(Int64, String)]
        {
            if milliseconds != 0, milliseconds % unit == 0 {
                let count = milliseconds / unit
                return "\(Nanos.count(count)) \(name)\(count == 1 ? "" : "s")"
            }
        }
        return milliseconds == 0 ? "none" : "\(Nanos.count(milliseconds)) ms"
    }
}
