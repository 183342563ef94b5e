import Connectors
import LocalServers
import Postgres
import Schemas
import SpendAggregatorJob
import Streams

/// A migrated installation of its own in a real PostgreSQL, and what tests do with it.
struct StoreFixture {
    var configuration: PostgresConfiguration
    let names: DatabaseNames
    let connection: PostgresConnection

    /// - Parameters:
    ///   - progressMigrations: the version up to which those of the progress are applied; all of them by default.
    ///   - spendMigrations: how many of the results' migrations are applied; all of them by default.
    init(progressMigrations: Int = .max, spendMigrations: Int = .max) async throws {
        configuration = PostgresConfiguration(
            connectionString: try await TestServers.postgres(), applicationName: "connectors-tests")
        let prefix = TestServers.uniqueName("store").filter { $0.isLetter || $0.isNumber || $0 == "_" }.lowercased()
        names = try DatabaseNames(prefix: prefix + "_")
        connection = try PostgresConnection(configuration)
        let progress = try ProgressMigrations.migrator(names)
        try Migrator(
            schema: progress.schema, migrations: progress.migrations.filter { $0.version <= progressMigrations }
        )
        .apply(on: connection)
        let spend = try SpendMigrations.migrator(names)
        try Migrator(schema: spend.schema, migrations: Array(spend.migrations.prefix(spendMigrations)))
            .apply(on: connection)
    }

    func close() throws {
        try connection.execute(
            "DROP SCHEMA \(quoteIdentifier(names.schema("spend"))) CASCADE;"
                + "DROP SCHEMA \(quoteIdentifier(names.schema("sluice"))) CASCADE")
        connection.close()
    }

    func store(owner: String = "a") -> PostgresCheckpointStore<SpendOutput> {
        PostgresCheckpointStore(
            configuration, names: names, identity: .init(job: "job", topic: "topic", owner: owner),
            settings: StreamSettings(), writer: SpendWriter(names))
    }

    static let minute: Int64 = 1_768_464_000_000

    /// A cut of one click of 0.25 EUR, and whatever dead letters are given.
    func cut(
        _ claim: Claim, to next: Int64, day: Int64 = 0, letters: [DeadLetter] = [], epoch: Epoch? = nil,
        expected: Offset?? = .none
    ) -> PartitionCut<SpendOutput> {
        let output = PartitionOutput(SpendOutput())
        let logic = SpendLogic()
        let event = AdEvent(
            idHigh: 1, idLow: 2, idLength: 16, eventTimeMilliseconds: Self.minute + day * 86_400_000, advertiserID: 7,
            campaignID: 70, type: 2, pricing: 2, priceMicros: 250_000, currency: CurrencyCode("EUR")!)
        _ = logic.apply(event, watermark: .distantPast, to: output.output)
        for letter in letters { output.append(letter) }
        var progress = claim.progress
        progress.nextOffset = Offset(next)
        progress.streamTime = EventTime(milliseconds: event.eventTimeMilliseconds)
        progress.anchor = Anchor(offset: Offset(next - 1), timestampMilliseconds: 5, hash: .max)
        progress.marks = [
            HorizonMark(offset: Offset(0), streamTime: .distantPast),
            HorizonMark(offset: Offset(3), streamTime: EventTime(milliseconds: 9)),
        ]
        progress.counters.records += 1
        return PartitionCut(
            partition: claim.partition, epoch: epoch ?? claim.epoch,
            expectedNextOffset: expected ?? claim.progress.nextOffset, progress: progress, output: output, records: 1,
            oldestTimestampMilliseconds: -1, newestTimestampMilliseconds: -1)
    }

    func clicks() throws -> Int64 {
        try connection.query("SELECT coalesce(sum(clicks), 0)::int8 FROM \(names.table("spend", "minute"))")[0].int64(0)
    }
}
