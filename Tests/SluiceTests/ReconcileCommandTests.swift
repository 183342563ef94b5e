import Foundation
import Testing

@testable import Sluice

/// `sluice reconcile` as a shell sees it where it cannot do what it is asked for; what it does is in the integration tests.
@Suite struct ReconcileCommandTests {
    private static let nowhere = [
        "--postgres", "host=127.0.0.1 port=1 user=nobody", "--kafka-brokers", "127.0.0.1:1",
    ]

    @Test(
        arguments: [
            (["--help"], 0), (["run", "--help"], 0), (["explain", "--help"], 0), (["repair", "--help"], 0),
            (["list", "--help"], 0), (["--bogus"], 2), (["--archive-only"], 2),
            (["--dedup-horizon", "ten"], 2), (["--watermark-delay", "-1s"], 2), (["--show", "0"], 2),
            (["--from", "soon"], 2), (["--from", "2026-11-28T10:30:00Z"], 2), (["--to", "2026-11-28T10:00:01Z"], 2),
            (["--from", "2026-11-28", "--to", "2026-11-28"], 2), (["--from", "2026-11-29", "--to", "2026-11-28"], 2),
            (["--ledger", "a.csv", "--ledger-table", "b"], 2), (["--ledger", "a.csv", "--tolerance", "much"], 2),
            (["--ledger", "a.csv", "--tolerance", "-1"], 2),
            // What is asked for could be done, and the servers are not there.
            ([], 3), (["--from", "2026-11-28", "--to", "2026-11-29"], 3), (["explain", "3f2a-1"], 3),
        ] as [([String], Int32)])
    func exitCodes(_ arguments: [String], _ code: Int32) async {
        let isHelp = arguments.contains("--help")
        #expect(await SluiceCommand.execute(["reconcile"] + arguments + (isHelp ? [] : Self.nowhere)) == code)
    }

    @Test func theListAsksTheDatabaseAlone() async {
        let list = ["reconcile", "list", "--postgres", "host=127.0.0.1 port=1 user=nobody"]
        #expect(await SluiceCommand.execute(list) == 3)
        #expect(await SluiceCommand.execute(list + ["--limit", "0"]) == 2)
    }

    @Test func anIDIsAReportAndANumber() async {
        for id in ["-1", "3f2a-", "3f2a-0", "3f2a-x", "3f2a-1-2", ""] {
            #expect(await SluiceCommand.execute(["reconcile", "explain", id] + Self.nowhere) == 2, "\(id)")
        }
    }

    @Test func aPlanIsReadBeforeAnythingIsDone() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "plan-\(UUID().uuidString).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let path = file.path(percentEncoded: false)
        let postgres = ["--postgres", "host=127.0.0.1 port=1 user=nobody"]
        #expect(await SluiceCommand.execute(["reconcile", "repair", path] + postgres) == 2, "there is no such file")
        for text in ["", "no JSON", "{}", "[1]"] {
            try text.write(to: file, atomically: true, encoding: .utf8)
            #expect(await SluiceCommand.execute(["reconcile", "repair", path] + postgres) == 2, "\(text)")
        }
    }
}
