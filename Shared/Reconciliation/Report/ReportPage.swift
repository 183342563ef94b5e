struct ReportPage {
    init(_ report: ReconciliationReport) {}
    func html() throws -> String { "" }
}
