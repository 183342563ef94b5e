import Foundation
import TestKit
import Testing

/// A script of `Scripts/`: it once showed a bug. A line `# guard: NAME` says which guard mended it.
struct KeptScript: Sendable, CustomTestStringConvertible {
    let name: String
    let guardName: String
    let script: SimulationScript
    var testDescription: String { name }

    /// All of them; an error where one does not say its guard, or where there is none.
    static func all() throws -> [KeptScript] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Scripts")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path()).filter { $0.hasSuffix(".sim") }
        try #require(!names.isEmpty, "no script in \(folder.path())")
        return try names.sorted().map { name in
            let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
            let mark = "# guard: "
            let line = text.split(separator: "\n").first { $0.hasPrefix(mark) }
            let guardName = try #require(line?.dropFirst(mark.count), "\(name) does not say which guard mended it")
            return KeptScript(name: name, guardName: String(guardName), script: try SimulationScript(text: text))
        }
    }
}
