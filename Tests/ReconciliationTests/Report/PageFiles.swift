import Foundation
import Testing

@testable import Reconciliation

/// Leaves the sample pages in a folder for whoever wants to look at them: SLUICE_REPORT_PAGES=folder.
@Test(.enabled(if: ProcessInfo.processInfo.environment["SLUICE_REPORT_PAGES"] != nil))
func pagesToLookAt() throws {
    let folder = ProcessInfo.processInfo.environment["SLUICE_REPORT_PAGES"]!
    for (name, report) in SampleReports.all() {
        for format in ReportFormat.allCases {
            let text = try report.sealed().rendered(as: format)
            try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).\(format.rawValue)"))
        }
    }
}
