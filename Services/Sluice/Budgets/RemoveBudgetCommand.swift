import ArgumentParser

/// `sluice budgets remove`.
struct RemoveBudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Takes a campaign's budget away, by a tombstone.",
        discussion: "What was spent stays. A budget that is set afterwards begins with no threshold reached.")

    @OptionGroup var place: CampaignTopicOptions
    @Option(help: "The topic of budgets. [SLUICE_BUDGETS_TOPIC] (default: campaign-budgets)")
    var topic: String?
    @Option(parsing: .unconditional, help: "The campaign.")
    var campaign: Int64

    func run() async throws {
        let topic = BudgetsCommand.topic(topic)
        let partition = try place.open(topic).send(nil, ofCampaign: campaign)
        Output.write("campaign \(campaign): budget removed; tombstone sent to \(topic)/\(partition)\n")
    }
}
