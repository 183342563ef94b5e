import Foundation
import Testing

@testable import Catalog

@Suite struct CodesFileTests {
    private static let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Shared/Catalog/CODES.md")

    /// `CATALOG_WRITE_CODES=1` writes the file instead.
    @Test func theFileIsTheTable() throws {
        if ProcessInfo.processInfo.environment["CATALOG_WRITE_CODES"] != nil {
            try CodeTable.markdown.write(to: Self.file, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOf: Self.file, encoding: .utf8) == CodeTable.markdown)
    }
}
