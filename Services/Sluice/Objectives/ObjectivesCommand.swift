import ArgumentParser
import Glibc
import Objectives

/// `sluice objectives`: what the services promise, and the files for Prometheus and Grafana that are made of it.
struct ObjectivesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "objectives",
        abstract: "Lists the services' objectives and generates their alerts and dashboards.",
        subcommands: [GenerateFilesCommand.self, ListCommand.self])

    struct RootOption: ParsableArguments {
        @Option(help: "Root of the repository.")
        var root = "."
    }

    /// `sluice objectives generate`.
    struct GenerateFilesCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "generate",
            abstract: "Writes deploy/SERVICE/slo.yml and deploy/SERVICE/dashboard.json.",
            discussion:
                "They are made of each service's objectives.json. With --check nothing is written: the command ends "
                + "with 1 where a file is not what would be written.")

        @OptionGroup var place: RootOption
        @Flag(help: "Only compare.")
        var check = false
        @Option(help: "What comes before runbook.md#SECTION in alerts, such as https://wiki.example/spend/.")
        var runbookBase = ""

        func run() async throws {
            var outdated: [String] = []
            var written = 0
            for declared in try DeclaredObjectives.read(root: place.root) {
                for (path, text) in try declared.generated(runbookBase: runbookBase) {
                    let whole = place.root + "/" + path
                    let before = access(whole, F_OK) == 0 ? try InputFile.text(of: whole, limit: 16 << 20) : nil
                    if before == text { continue }
                    outdated.append(path)
                    guard !check else { continue }
                    try OutputFile.write(text, to: whole)
                    written += 1
                }
            }
            guard check else {
                return Output.write(
                    written == 0 ? "all files are current\n" : "written: \(outdated.joined(separator: ", "))\n")
            }
            guard outdated.isEmpty else {
                throw CommandFailure(
                    .difference,
                    "not current: \(outdated.joined(separator: ", ")); run `sluice objectives generate` (make objectives)"
                )
            }
            Output.write("all files are current\n")
        }
    }

    /// `sluice objectives list`.
    struct ListCommand: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "Lists what the services promise, and which alert says that it is not kept.")

        @OptionGroup var place: RootOption
        @Option(help: "table, csv or json.")
        var format = Table.Format.table

        func run() async throws {
            var table = Table([
                .init("service"), .init("objective"), .init("at_most", numeric: true), .init("unit"),
                .init("target", numeric: true), .init("policy"), .init("alert"), .init("inhibits"), .init("runbook"),
            ])
            for declared in try DeclaredObjectives.read(root: place.root) {
                for objective in declared.file.objectives {
                    table.rows.append([
                        .text(declared.file.service), .text(objective.name), .text(RuleText.number(objective.atMost)),
                        .text(objective.unit), .text(RuleText.percent(objective.target)),
                        .text(objective.policy.rawValue), .text(objective.alert),
                        .text((objective.inhibits ?? []).joined(separator: " ")),
                        .text("deploy/\(declared.file.service)/runbook.md#\(objective.runbook)"),
                    ])
                }
            }
            Output.write(table.rendered(as: format))
        }
    }
}
