/// What a report can be written as.
public enum ReportFormat: String, Sendable, CaseIterable {
    /// Everything, for programs; read back by `ReconciliationReport(json:)`.
    case json
    /// The differences, a line each, for spreadsheets.
    case csv
    /// One page that stands for itself, for people.
    case html
    /// For terminals.
    case text
}

extension ReconciliationReport {
    /// The report as text of a format. An unfinished report should be `sealed()` first, so that it has its id.
    ///
    /// - Throws: `ReportError` where an amount of the report is not a decimal number.
    public func rendered(as format: ReportFormat) throws -> String {
        switch format {
        case .json: return try json()
        case .csv:
            try checkAmounts()
            return differencesCSV()
        case .html:
            try checkAmounts()
            return try ReportPage(self).html()
        case .text:
            try checkAmounts()
            return text()
        }
    }
}
