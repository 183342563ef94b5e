import ArgumentParser
import Kafka
import LocalServers
import Postgres
import Schemas
import Streams
import Testing

@testable import Sluice

/// `budgets` and `adjustments`: what the options mean, what is refused, and what stands in the topics afterwards.
@Suite struct BudgetCommandTests {
    private static let now = Instant(milliseconds: 1_764_000_000_000)
    private static let budget = ["--campaign", "7", "--advertiser", "3", "--currency", "USD"]
    private static let adjustment = [
        "--campaign", "-7", "--advertiser", "3", "--currency", "EUR", "--time", "now-1d", "--reason", "invalid_traffic",
        "--reference", "case 12",
    ]

    private func set(_ arguments: [String]) throws -> SetBudgetCommand {
        try SetBudgetCommand.parse(Self.budget + arguments)
    }

    private func send(_ arguments: [String]) throws -> SendAdjustmentCommand {
        try SendAdjustmentCommand.parse(Self.adjustment + arguments)
    }

    @Test func aBudgetIsWhatTheOptionsSay() throws {
        let given = try set([
            "--daily", "100.50", "--lifetime", "1000", "--time-zone", "Europe/Berlin", "--starts", "now", "--ends",
            "now+2d", "--version", "4",
        ])
        #expect(
            try given.budget(now: Self.now)
                == CampaignBudget(
                    campaignID: 7, advertiserID: 3, currency: CurrencyCode("USD")!, dailyBudgetNanos: 100_500_000_000,
                    lifetimeBudgetNanos: 1_000_000_000_000, timeZone: InlineText("Europe/Berlin"),
                    startsMilliseconds: Self.now.milliseconds, endsMilliseconds: Self.now.milliseconds + 172_800_000,
                    version: 4))
        let usual = try set(["--daily", "1"]).budget(now: Self.now)
        #expect(usual.version == Self.now.milliseconds)
        #expect(usual.lifetimeBudgetNanos == 0 && usual.startsMilliseconds == 0 && usual.endsMilliseconds == 0)
        #expect(usual.timeZone.description == "UTC")
    }

    @Test(arguments: [
        [], ["--daily", "1.0000000001"], ["--daily", "-1"], ["--lifetime", "1000000000.000000001"],
        ["--daily", "1", "--currency", "usd"], ["--daily", "1", "--version", "-1"],
        ["--daily", "1", "--starts", "soon"], ["--daily", "1", "--starts", "now", "--ends", "now"],
        ["--daily", "1", "--ends", "2100-01-01"], ["--daily", "1", "--time-zone", String(repeating: "z", count: 65)],
    ])
    func budgetsThatTheServiceWouldRefuseAreNotSent(_ arguments: [String]) throws {
        let failure = #expect(throws: CommandFailure.self) { try set(arguments).budget(now: Self.now) }
        #expect(failure?.code == .usage)
    }

    @Test func anAdjustmentIsWhatTheOptionsSay() throws {
        let given = try send([
            "--amount", "-1.25", "--ad-group", "71", "--ad", "712", "--id", "00ff00000000000100000000000000A2",
        ]).adjustment(now: Self.now)
        #expect(
            given
                == SpendAdjustment(
                    idHigh: 0x00ff_0000_0000_0001, idLow: 0xa2, idLength: 16,
                    eventTimeMilliseconds: Self.now.milliseconds - 86_400_000, advertiserID: 3, campaignID: -7,
                    adGroupID: 71, adID: 712, amountNanos: -1_250_000_000, currency: CurrencyCode("EUR")!,
                    reason: InlineText("invalid_traffic"), reference: InlineText("case 12")))
        #expect(SendAdjustmentCommand.text(given) == "00ff00000000000100000000000000a2")
        let (one, other) = (try send(["--amount", "1"]), try send(["--amount", "1"]))
        let ids = try [one, other].map { SendAdjustmentCommand.text(try $0.adjustment(now: Self.now)) }
        #expect(ids[0] != ids[1])
    }

    @Test(arguments: [
        ["--amount", "0"], ["--amount", "1.0000000001"], ["--amount", "-1000000000.1"], ["--amount", "x"],
        ["--amount", "1", "--currency", "EURO"], ["--amount", "1", "--time", "now+3d"],
        ["--amount", "1", "--time", "1970-01-01"],
        ["--amount", "1", "--reason", " x"], ["--amount", "1", "--reason", ""], ["--amount", "1", "--reason", "ü"],
        ["--amount", "1", "--reference", "a\tb"], ["--amount", "1", "--reference", String(repeating: "r", count: 129)],
        ["--amount", "1", "--id", "ab"], ["--amount", "1", "--id", String(repeating: "g", count: 32)],
    ])
    func adjustmentsThatTheServiceWouldRefuseAreNotSent(_ arguments: [String]) throws {
        let failure = #expect(throws: CommandFailure.self) { try send(arguments).adjustment(now: Self.now) }
        #expect(failure?.code == .usage)
    }

    @Test func recordsStandInTheCampaignsPartition() async throws {
        let brokers = try await TestServers.brokers()
        let kafka = KafkaClientConfiguration(bootstrapServers: [brokers])
        let names = ["events", "budgets", "adjustments"].map { TestServers.uniqueName($0) }
        let place = ["--kafka-brokers", brokers, "--events-topic", names[0]]
        for name in names {
            let compacted = name == names[1] ? ["--compacted"] : []
            #expect(
                await SluiceCommand.execute(
                    ["topics", "create", name, "--partitions", "5", "--kafka-brokers", brokers] + compacted) == 0)
        }
        for campaign: Int64 in [10_000, 10_001, -4] {
            let options = place + ["--campaign", "\(campaign)"]
            let person = options + ["--advertiser", "3", "--currency", "USD"]
            let outcomes = [
                await SluiceCommand.execute(["budgets", "set", "--topic", names[1], "--daily", "5"] + person),
                await SluiceCommand.execute(["budgets", "remove", "--topic", names[1]] + options),
                await SluiceCommand.execute(
                    [
                        "adjustments", "send", "--topic", names[2], "--amount", "-1.25", "--time", "now", "--reason",
                        "r",
                        "--reference", "",
                    ] + person),
            ]
            #expect(outcomes == [0, 0, 0])
            let partition = Partition(CampaignCatalog.partition(ofCampaign: campaign, of: 5))
            let reader = try KafkaRecordReader(configuration: kafka)
            let key = Array(String(campaign).utf8)
            func records(_ topic: String) throws -> [KafkaStoredRecord] {
                try reader.read(
                    topic: topic, partition: partition, from: Offset(0), maximum: 100, timeoutMilliseconds: 10_000
                )
                .filter { $0.key == key }
            }
            let budgets = try records(names[1])
            #expect(budgets.count == 2 && budgets[1].value == nil)
            var budget = CampaignBudget()
            #expect(budgets[0].value?.withUnsafeBytes { CampaignBudgetReader.read($0, into: &budget) } == true)
            #expect(budget.campaignID == campaign && budget.dailyBudgetNanos == 5_000_000_000)
            var adjustment = SpendAdjustment()
            let sent = try records(names[2])
            #expect(sent.first?.value?.withUnsafeBytes { SpendAdjustmentReader.read($0, into: &adjustment) } == true)
            #expect(sent.count == 1 && adjustment.amountNanos == -1_250_000_000 && adjustment.idLength == 16)
        }
    }

    @Test func aTopicThatIsMissingOrPartitionedOtherwiseIsRefused() async throws {
        let brokers = try await TestServers.brokers()
        let kafka = KafkaClientConfiguration(bootstrapServers: [brokers])
        let (events, other) = (TestServers.uniqueName("events"), TestServers.uniqueName("other"))
        let admin = try KafkaAdmin(configuration: kafka)
        try admin.createTopic(events, partitions: 3)
        let missing = #expect(throws: CommandFailure.self) { try CampaignTopic(other, besides: events, kafka: kafka) }
        #expect(missing?.code == .usage)
        #expect(missing?.message.contains("sluice topics create \(other) --partitions 3") == true)
        try admin.createTopic(other, partitions: 2)
        let unlike = #expect(throws: CommandFailure.self) { try CampaignTopic(other, besides: events, kafka: kafka) }
        #expect(unlike?.message.contains("has 2 partitions and \(events) has 3") == true)
        // Where there are no events yet nothing is known of their partitions.
        #expect(try CampaignTopic(other, besides: TestServers.uniqueName("none"), kafka: kafka).partitions == 2)
    }

    @Test func budgetsAreListedWithWhatIsSpentOfThem() async throws {
        let tables = try await ResultTables()
        try tables.connection.execute(
            """
            CREATE TABLE \(tables.schemas.spend("budget")) (campaign_id int8, advertiser_id int8, currency text, zone text,
                version int8, day date, daily_nanos int8, day_spent_nanos numeric(38, 0), daily_level int4,
                lifetime_nanos int8, lifetime_spent_nanos numeric(38, 0), lifetime_level int4);
            INSERT INTO \(tables.schemas.spend("budget")) VALUES
                (1, 9, 'USD', 'UTC', 5, '2026-11-25', 1000000000, 999999999, 95, 0, 999999999, 0),
                (2, 9, 'EUR', 'Asia/Tokyo', 6, '2026-11-26', 2000000000, -1, 0, 3000000000, 4500000000, 100);
            """)
        let all = try BudgetList().table(in: tables.schemas, on: tables.connection)
        #expect(
            all.rows.map { [$0[0], $0[2], $0[8], $0[9]] } == [
                [.identifier(1), .text("daily"), .number(99), .number(95)],
                [.identifier(2), .text("daily"), .number(-1), .number(0)],
                [.identifier(2), .text("lifetime"), .number(150), .number(100)],
            ])
        #expect(all.rendered(as: .csv).contains("2,9,lifetime,Asia/Tokyo,,EUR,3.00,4.50,150,100,6"))
        let some = BudgetList(campaign: nil, kind: .daily, level: 95)
        #expect(try some.table(in: tables.schemas, on: tables.connection).rows.count == 1)
    }
}
