import ArgumentParser
import Schemas

/// `sluice budgets set`.
struct SetBudgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set",
        abstract: "Sends a campaign's budget; it replaces the one that the campaign has.",
        discussion: """
            Amounts are decimal, exact to the ninth decimal: --daily 100.50. What is left out is none. A budget whose \
            version is below the stored one changes nothing. A time zone that the database does not know makes the \
            record a dead letter of the service.
            """)

    @OptionGroup var place: CampaignTopicOptions
    @Option(help: "The topic of budgets. [SLUICE_BUDGETS_TOPIC] (default: campaign-budgets)")
    var topic: String?
    @Option(parsing: .unconditional, help: "The campaign.")
    var campaign: Int64
    @Option(parsing: .unconditional, help: "The campaign's advertiser.")
    var advertiser: Int64
    @Option(help: "The currency: three of A to Z.")
    var currency: String
    @Option(parsing: .unconditional, help: "What may be spent on each day.")
    var daily: String?
    @Option(parsing: .unconditional, help: "What may be spent in all.")
    var lifetime: String?
    @Option(help: "The IANA time zone in which days are cut.")
    var timeZone = "UTC"
    @Option(help: "The campaign's first moment: RFC 3339, now, or now+2d. (default: unbounded)")
    var starts: String?
    @Option(help: "The first moment after the campaign. (default: unbounded)")
    var ends: String?
    @Option(parsing: .unconditional, help: "The version; a higher one wins. (default: now, in milliseconds)")
    var version: Int64?

    func run() async throws {
        let budget = try budget(now: .now)
        let topic = BudgetsCommand.topic(topic)
        let partition = try place.open(topic).send(CampaignBudgetWriter.encode(budget), ofCampaign: campaign)
        let currency = budget.currency
        func amount(_ nanos: Int64, _ what: String) -> String {
            nanos == 0 ? "no \(what) budget" : "\(what) \(Amount.text(nanos: Int128(nanos), grouped: true)) \(currency)"
        }
        Output.write(
            "campaign \(campaign): \(amount(budget.dailyBudgetNanos, "daily")), "
                + "\(amount(budget.lifetimeBudgetNanos, "lifetime")), days of \(timeZone), version \(budget.version); "
                + "sent to \(topic)/\(partition)\n")
    }

    /// The budget that the options describe.
    ///
    /// - Throws: `CommandFailure` (.usage): what the service would make a dead letter is not sent.
    func budget(now: Instant) throws -> CampaignBudget {
        guard let code = CurrencyCode(currency) else {
            throw CommandFailure(.usage, "--currency must be three of A to Z, such as USD")
        }
        guard daily != nil || lifetime != nil else {
            throw CommandFailure(
                .usage, "give --daily, --lifetime or both; `sluice budgets remove` takes a budget away")
        }
        guard !timeZone.isEmpty, timeZone.utf8.count <= 64 else {
            throw CommandFailure(.usage, "--time-zone takes a name such as Europe/Berlin, at most 64 bytes")
        }
        let version = version ?? now.milliseconds
        guard version >= 0 else { throw CommandFailure(.usage, "--version must be 0 or above") }
        let (first, last) = (try moment(starts, "starts", now: now), try moment(ends, "ends", now: now))
        guard last == 0 || last > first else { throw CommandFailure(.usage, "--ends must be after --starts") }
        return CampaignBudget(
            campaignID: campaign, advertiserID: advertiser, currency: code,
            dailyBudgetNanos: try Self.amount(daily, "daily"),
            lifetimeBudgetNanos: try Self.amount(lifetime, "lifetime"),
            timeZone: InlineText(timeZone), startsMilliseconds: first, endsMilliseconds: last, version: version)
    }

    private static func amount(_ text: String?, _ option: String) throws -> Int64 {
        guard let text else { return 0 }
        guard let nanos = Amount.nanos(text), nanos >= 0, nanos <= 1_000_000_000_000_000_000 else {
            throw CommandFailure(
                .usage,
                "--\(option) takes an amount such as 100.50: at most nine decimals, from 0 to 1000000000; not \"\(text)\""
            )
        }
        return Int64(nanos)
    }

    private func moment(_ text: String?, _ option: String, now: Instant) throws -> Int64 {
        guard let text else { return 0 }
        guard let instant = Instant(text, now: now), instant.milliseconds > 0, instant.milliseconds < 4_102_444_800_000
        else {
            throw CommandFailure(
                .usage, "--\(option) takes RFC 3339 (2026-01-15T08:00:00Z), now, or now+2d, before the year 2100")
        }
        return instant.milliseconds
    }
}
