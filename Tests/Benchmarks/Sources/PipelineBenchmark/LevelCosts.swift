import Connectors
import Foundation
import LocalServers
import Postgres
import SpendAggregatorJob
import Streams

/// What each level costs: the real pipeline, writer and PostgreSQL, a checkpoint for each second of events, first with the
/// minutes alone and then with one level more at a time.
struct LevelCosts {
    var campaigns: Int
    var partitions: Int
    var eventsPerSecond: Double
    /// Measured checkpoints, after as many that are not.
    var cuts: Int

    private struct Variant {
        var name: String
        var levels: SpendLevels
        /// Replaces what derives hours, days and lifetimes from the minutes by nothing.
        var derives = true
        var budgets = false
    }

    private struct Cost {
        var worker = 0.0
        var committer = 0.0
        var backend = 0.0
        var rows = 0
        var records = 0
    }

    private static let variants = [
        Variant(name: "minutes", levels: [], derives: false),
        Variant(name: "+ hours, days, lifetimes of campaigns", levels: []),
        Variant(name: "+ ads", levels: .ads),
        Variant(name: "+ placements", levels: [.ads, .placements]),
        Variant(name: "+ countries", levels: .all),
        Variant(name: "+ budgets of a tenth of the campaigns", levels: .all, budgets: true),
    ]

    func print() async throws {
        Swift.print(
            "\(Int(eventsPerSecond)) events a checkpoint, \(campaigns) campaigns, CPU-seconds per million events")
        Swift.print("levels | worker | committer | PostgreSQL's backend | rows a checkpoint")
        for variant in Self.variants {
            let cost = try await measure(variant)
            let millions = Double(cost.records) / 1e6
            Swift.print(
                "\(variant.name) | \((cost.worker / millions).text(3)) | \((cost.committer / millions).text(3)) | "
                    + "\((cost.backend / millions).text(2)) | \(cost.rows / cuts)")
        }
    }

    private func measure(_ variant: Variant) async throws -> Cost {
        let configuration = PostgresConfiguration(
            connectionString: try await TestServers.postgres(), applicationName: "level-benchmark")
        let names = try DatabaseNames(prefix: TestServers.uniqueName("bench").lowercased() + "_")
        let connection = try PostgresConnection(configuration)
        try ProgressMigrations.migrator(names).apply(on: connection)
        try SpendMigrations.migrator(names).apply(on: connection)
        try connection.execute(setUp(variant, names))
        var marked = configuration
        marked.applicationName = names.prefix
        let store = PostgresCheckpointStore(
            marked, names: names, identity: .init(job: "bench", topic: "bench", owner: "bench"),
            settings: StreamSettings(), writer: SpendWriter(names, levels: variant.levels))
        let cost = try run(variant, store, on: connection, names)
        store.disconnect()
        try connection.execute(
            "DROP SCHEMA \(quoteIdentifier(names.schema("spend"))) CASCADE;"
                + "DROP SCHEMA \(quoteIdentifier(names.schema("sluice"))) CASCADE")
        connection.close()
        return cost
    }

    private func setUp(_ variant: Variant, _ names: DatabaseNames) -> String {
        if !variant.derives {
            return """
                CREATE OR REPLACE FUNCTION \(names.table("spend", "derive_levels"))(
                    of_source "char", partitions int4[], moments timestamptz[], campaigns int8[], advertisers int8[],
                    currencies text[], impressions int8[], clicks int8[], conversions int8[], video_views int8[],
                    invalid_events int8[], late_events int8[], spend_nanos numeric[], adjustments int8[],
                    adjustment_nanos numeric[], closed_until timestamptz[]
                ) RETURNS void LANGUAGE sql AS $body$ SELECT $body$
                """
        }
        guard variant.budgets else { return "SELECT 1" }
        // Every tenth campaign, the busiest among them; far more than is spent, so that no signal is due.
        return """
            SELECT \(names.table("spend", "set_budgets"))(array_agg(0), array_agg(n::int8), array_agg(10000 + n * 10::int8),
                array_agg(7::int8), array_agg('USD'::text), array_agg(1000000000000000000), array_agg(0::int8),
                array_agg('Europe/Berlin'::text), array_agg(NULL::timestamptz), array_agg(NULL::timestamptz),
                array_agg(1::int8), array_agg(false), to_timestamp(\(EventSource.startMilliseconds / 1_000)))
            FROM generate_series(0, \(campaigns / 10 - 1)) AS series(n)
            """
    }

    private func run(
        _ variant: Variant, _ store: PostgresCheckpointStore<SpendOutput>, on connection: PostgresConnection,
        _ names: DatabaseNames
    ) throws -> Cost {
        var source = EventSource(campaigns: campaigns, partitions: partitions, eventsPerSecond: eventsPerSecond)
        let chunk = Chunk(partitions: partitions)
        let core = JobCore(
            job: "bench", topic: "bench", logic: SpendLogic(levels: variant.levels), settings: StreamSettings())
        for claim in try store.claim((0..<Int32(partitions)).map { Partition($0) }) {
            _ = core.assigned(claim, bounds: LogBounds(start: Offset(0), end: Offset(.max)))
        }
        let backend = try connection.query(
            "SELECT pid FROM pg_stat_activity WHERE application_name = $1", [.text(names.prefix)])[0].int64(0)
        var cost = Cost()
        var before = 0.0
        for cut in 0..<(2 * cuts) {
            if cut == cuts {
                cost = Cost()
                before = try Self.processSeconds(backend)
            }
            chunk.fill(Int(eventsPerSecond), from: &source)
            let began = Measures.threadSeconds()
            chunk.records.withUnsafeBufferPointer { core.process($0) { _ in [] } }
            guard let checkpoint = core.cut() else { continue }
            let cutAt = Measures.threadSeconds()
            try store.commit(checkpoint)
            cost.worker += cutAt - began
            cost.committer += Measures.threadSeconds() - cutAt
            cost.rows += checkpoint.rows
            cost.records += chunk.records.count
            var outcome = CommitOutcome<SpendOutput>()
            outcome.committed = checkpoint.cuts
            core.ended(outcome)
        }
        cost.backend = try Self.processSeconds(backend) - before
        return cost
    }

    /// User and system time of a process on this machine, in seconds.
    private static func processSeconds(_ pid: Int64) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        // Behind the name in brackets: the state is field 3, user time 14, system time 15.
        let fields = text[text.index(after: text.lastIndex(of: ")")!)...].split(separator: " ")
        return (Double(fields[11])! + Double(fields[12])!) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }
}
