import ArgumentParser

/// `sluice adjustments`: corrections of what advertisers are charged.
struct AdjustmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adjustments", abstract: "Sends credits and further charges.",
        subcommands: [SendAdjustmentCommand.self])

    /// The topic that adjustments are sent to.
    static func topic(_ option: String?) -> String {
        option ?? Environment.value("SLUICE_ADJUSTMENTS_TOPIC") ?? "spend-adjustments"
    }
}
