extension Verification {
    /// The last line: what was compared, or how far it is off.
    var verdict: String {
        if isClean { return "verified: \(records) events, \(minutes.expectedRows) rows, difference 0" }
        var line = "difference \(minutes.nanos) nanos in \(minutes.rows) rows"
        if !deadLetters.isEmpty { line += ", \(deadLetters.count) dead letters" }
        if !partitions.isEmpty { line += ", progress of \(Set(partitions.map(\.partition)).count) partitions" }
        if levels.count > 0 { line += ", levels differ in \(levels.count) windows" }
        if !adjustments.isEmpty { line += ", \(adjustments.count) sums of adjustments" }
        return line
    }

    /// What differs, to the unit: counts and sums of everything, and the largest few one by one.
    var details: String {
        var text = ""
        if minutes.rows > 0 {
            text += "rows: \(minutes.missing) missing, \(minutes.extra) extra, \(minutes.differing) differing, of "
            text += "\(minutes.expectedRows) expected\n"
            for (currency, sums) in minutes.spend.sorted(by: { $0.key < $1.key }) where sums.expected != sums.actual {
                text += "  \(TerminalText.safe(currency)): expected \(Amount.text(nanos: sums.expected)), "
                text += "found \(Amount.text(nanos: sums.actual)), \(Self.signed(sums.actual - sums.expected)) nanos\n"
            }
            for (column, sums) in minutes.columns.sorted(by: { $0.key < $1.key }) {
                text += "  \(column): differs in \(sums.rows) rows, \(Self.signed(sums.excess)) in all\n"
            }
            for difference in minutes.largest { text += "  " + Self.line(difference) + "\n" }
            if minutes.rows > Int64(minutes.largest.count) {
                text += "  and \(minutes.rows - Int64(minutes.largest.count)) more rows\n"
            }
        }
        if !deadLetters.isEmpty {
            text += "dead letters: \(deadLetters.count) differ\n"
            for letter in deadLetters.prefix(minutes.keptLimit) {
                text += "  \(letter.partition):\(letter.offset) expected \(letter.expected ?? "none"), found "
                text += TerminalText.safe(letter.actual ?? "none") + "\n"
            }
            text += Self.more(deadLetters.count, than: minutes.keptLimit)
        }
        if !partitions.isEmpty {
            text += "progress: \(partitions.count) values differ\n"
            // A value for each of six columns of each partition: they are few, and say where to look.
            for difference in partitions.prefix(6 * minutes.keptLimit) {
                text += "  partition \(difference.partition), \(difference.column): expected \(difference.expected), "
                text += "found \(difference.actual)\n"
            }
            text += Self.more(partitions.count, than: 6 * minutes.keptLimit)
        }
        text += adjustmentDetails
        text += "levels: difference \(levels.count == 0 ? "0" : "in \(levels.count) windows")\n"
        for difference in levels.first { text += "  " + Self.line(difference) + "\n" }
        return text + Self.more(levels.count, than: levels.first.count)
    }

    private static func line(_ difference: MinuteDifferences.Difference) -> String {
        let key = difference.key
        let kind = difference.actual == nil ? "missing" : difference.expected == nil ? "extra" : "differs"
        var line = "\(kind): advertiser \(key.advertiser), campaign \(key.campaign), "
        line += "\(Instant(milliseconds: key.minuteMilliseconds)), \(TerminalText.safe(key.currency)):"
        for column in difference.columns {
            line += " \(column.name) \(column.expected) expected, \(column.actual) found"
            line += " (\(signed(column.actual - column.expected)));"
        }
        return line
    }

    private static func line(_ difference: LevelDifferences.Difference) -> String {
        var line = "\(TerminalText.safe(difference.comparison)): campaign \(difference.campaign)"
        if !difference.window.isEmpty { line += ", \(TerminalText.safe(difference.window))" }
        line += ", \(TerminalText.safe(difference.currency)):"
        return line + difference.columns.map { " \($0.name) \(signed($0.excess));" }.joined()
    }

    private static func more(_ count: Int, than limit: Int) -> String {
        count > limit ? "  and \(count - limit) more\n" : ""
    }

    private static func signed(_ number: Int128) -> String { number > 0 ? "+\(number)" : "\(number)" }
}
