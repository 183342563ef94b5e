extension RepairPlan {
    /// The plan for whoever reviews it: each row with each figure that changes, before and after.
    public func text() throws -> String {
        var lines = [
            "Repair of the results of job \(job), topic \(topic), schema \(schema)",
            "Plan \(try hash())",
            "Results as of \(CivilTime(milliseconds: readAt).iso), up to offsets "
                + cut.map { "\($0.partition)/\($0.nextOffset)" }.joined(separator: " "),
            "",
        ]
        for (currency, sum) in lifetimeNanos.sorted(by: { $0.key < $1.key }) {
            lines.append("All spend of \(currency) changes by \(sum) nanos.")
        }
        for level in SpendLevel.allCases {
            let ofLevel = rows.filter { $0.level == level.name }
            guard !ofLevel.isEmpty else { continue }
            lines += ["", "\(level.name): \(ofLevel.count) rows"]
            for row in ofLevel { lines.append("  \(Self.describe(row))") }
        }
        if !leftOver.isEmpty { lines += ["", "Not mended by this:"] + leftOver.map { "  \($0)" } }
        return lines.joined(separator: "\n") + "\n"
    }

    /// What is added to the lifetimes, by currency.
    var lifetimeNanos: [String: Int128] {
        var sums: [String: Int128] = [:]
        for row in rows where row.spendLevel == .lifetime { sums[row.currency, default: 0] += row.delta.spendNanos }
        return sums
    }

    private static func describe(_ row: Row) -> String {
        let key = row.key?.parts.map { "\($0.name) \($0.value)" }.joined(separator: ", ") ?? ""
        let (before, after) = (row.before?.counts ?? SpendCounts(), row.after?.counts ?? SpendCounts())
        let changes = zip(before.columns, after.columns).filter { $0.value != $1.value }.map { before, after in
            let delta = after.value - before.value
            return "\(before.name) \(before.value) -> \(after.value) (\(delta > 0 ? "+" : "")\(delta))"
        }
        let what = row.before == nil ? "added: " : row.after == nil ? "removed: " : ""
        return "\(key): \(what)\(changes.joined(separator: ", "))"
    }
}
