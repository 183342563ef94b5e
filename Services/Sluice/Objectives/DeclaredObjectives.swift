import Objectives

/// The objectives that services of this repository declare, and the files that are made of them.
struct DeclaredObjectives {
    /// Where a service declares them, from the root of the repository.
    static let paths = [
        "Services/SpendAggregator/Command/objectives.json", "Services/Archiver/objectives.json",
        "Services/Reconciler/objectives.json",
    ]

    var path: String
    var file: ObjectiveFile

    /// - Throws: `CommandFailure` (.usage) naming the file and what is wrong in it.
    static func read(root: String) throws -> [DeclaredObjectives] {
        var declared: [DeclaredObjectives] = []
        for path in paths {
            let text = try InputFile.text(of: root + "/" + path, limit: 1 << 20)
            do throws(ObjectiveError) {
                declared.append(DeclaredObjectives(path: path, file: try .parse(text.utf8, name: path)))
            } catch {
                throw CommandFailure(.usage, error.message)
            }
        }
        var owners: [String: String] = [:]
        for one in declared {
            for objective in one.file.objectives {
                if let other = owners.updateValue(one.path, forKey: objective.alert) {
                    throw CommandFailure(
                        .usage,
                        "alert '\(objective.alert)' is in \(other) and in \(one.path); an alert's name is used once")
                }
            }
        }
        return declared
    }

    /// What is generated, by path from the root.
    func generated(runbookBase: String) throws -> [(path: String, text: String)] {
        let folder = "deploy/\(file.service)"
        return [
            ("\(folder)/slo.yml", RuleText(file, source: path, runbookBase: runbookBase).text),
            ("\(folder)/dashboard.json", try Dashboard(file, source: path).text),
        ]
    }
}
