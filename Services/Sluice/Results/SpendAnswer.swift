/// What a question about a level is answered with.
struct SpendAnswer {
    var rows: Table
    /// What all rows that were asked for add up to, by currency; nil where that would mean nothing.
    var totals: Table?
    /// Where to go on asking for changes; nil where nobody asked for changes.
    var cursor: String?
    /// Whether the limit left rows out.
    var hasMore = false

    /// What goes to standard output.
    func rendered(as format: Table.Format) -> String {
        switch format {
        case .csv: return rows.rendered(as: .csv)
        case .json:
            guard let cursor else { return rows.rendered(as: .json) }
            let array = rows.rendered(as: .json).dropLast()
            return "{\"rows\":\(array),\n\"next_cursor\":\(JSONText.string(cursor))}\n"
        case .table:
            guard !rows.rows.isEmpty else { return rows.rendered(as: .table) + "(no rows)\n" }
            guard let totals else { return rows.rendered(as: .table) }
            return rows.rendered(as: .table) + "\n" + totals.rendered(as: .table)
        }
    }

    /// What goes to standard error.
    func notes(as format: Table.Format) -> String {
        var text = ""
        if hasMore { text += "sluice: there are more rows: raise --limit, or ask for less\n" }
        if let cursor, format != .json { text += "sluice: next cursor \(cursor)\n" }
        return text
    }
}
