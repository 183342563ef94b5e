import Foundation
import Testing

/// Each pitfall of the table in this folder's README has the tests that the table names, and no test carries the name
/// of a pitfall that is not in it.
@Suite struct PitfallTableTests {
    /// What went wrong for others with progress in the sink's own transaction; see the README.
    private static let exactlyOnce: Set<String> = [
        "stalled-owner-wakes", "progress-read-before-fence", "commit-reply-lost", "retention-overtakes",
        "topic-made-again", "log-truncated", "partition-count-grows", "revoke-before-commit", "shutdown-drain",
        "bad-record-or-outage", "rejected-write-advances", "idle-partitions", "duplicates", "poison-message-set",
        "database-failover", "rebalance-storm", "lag-tools", "kafka-transaction-in-doubt",
    ]

    @Test func everyRowOfThePitfallsHasATest() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let listed = try Self.listed(folder.appending(path: "README.md"))
        let found = try Self.found(below: folder.deletingLastPathComponent().deletingLastPathComponent())
        #expect(Self.exactlyOnce.count == 18)
        for name in Self.exactlyOnce { #expect(found[name]?.isEmpty == false, "no test carries the pitfall \(name)") }
        #expect(Set(found.keys) == Set(listed.keys))
        for (name, tests) in found {
            #expect(listed[name] == tests, "the README's tests of \(name), and those that carry its name")
        }
    }

    /// Rows of the README's tables: `| name | what | tests |`, where tests are `Suite/function` in backquotes.
    private static func listed(_ file: URL) throws -> [String: Set<String>] {
        var listed: [String: Set<String>] = [:]
        for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3 else { continue }
            let tests = cells[2].split(separator: "`").filter { $0.contains("/") && !$0.contains(" ") }
            listed[cells[0].trimmingCharacters(in: ["`"])] = Set(tests.map(String.init))
        }
        return listed
    }

    /// The tests that stand behind a comment with a pitfall's name.
    private static func found(below folder: URL) throws -> [String: Set<String>] {
        var found: [String: Set<String>] = [:]
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        while let file = files?.nextObject() as? URL {
            guard file.pathExtension == "swift" else { continue }
            let suite = file.deletingPathExtension().lastPathComponent
            var names: [String] = []
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let text = line.trimmingCharacters(in: .whitespaces)
                if text.hasPrefix("// pitfall: ") { names.append(String(text.dropFirst("// pitfall: ".count))) }
                guard !names.isEmpty, let start = text.range(of: "func ")?.upperBound else { continue }
                let function = text[start...].prefix { $0 != "(" }
                for name in names { found[name, default: []].insert("\(suite)/\(function)") }
                names = []
            }
        }
        return found
    }
}
