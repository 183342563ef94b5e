import Connectors
import Logging
import Postgres
import Runtime
import ServiceCommand
import SpendAggregatorJob
import Streams
import Synchronization

/// What is due by the clock and not by a record: the new days of budgets, partitions that have become idle, the retention
/// of minutes, and looking for what should not be (second currencies, adjustments whose id was used twice). A thread with
/// a connection of its own; every process of the job has one, and their work is idempotent under the rows' locks.
final class Housekeeper: @unchecked Sendable {
    private let configuration: SpendConfiguration
    private let logger: Logger
    private let idle: IdlePartitions
    private let clock: any WorkerClock = SystemClock()
    private let decided: @Sendable () -> Void
    private let pause = Pause()
    private let daysStarted: CounterMetric
    private let failures: CounterMetric
    private let secondCurrencies: GaugeMetric
    private let conflicts: GaugeMetric
    // The housekeeper's thread only.
    private var connection: PostgresConnection?
    private var isTroubled = false
    private var nextLook: Int64 = 0
    private var nextRetention: Int64 = 0
    private var knownSecondCurrencies: Set<String> = []
    private var knownConflicts: Int64 = 0

    private static let daysAtOnce: Int64 = 1_000
    private static let lookMilliseconds: Int64 = 10_000
    private static let retentionMilliseconds: Int64 = 3_600_000
    private static let retentionRetryMilliseconds: Int64 = 300_000

    /// - Parameter decided: called after signals may have been decided.
    init(
        _ configuration: SpendConfiguration, _ context: ServiceContext, idle: IdlePartitions,
        decided: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.idle = idle
        self.decided = decided
        logger = context.logger
        daysStarted = context.registry.counter(
            "sluice_budget_days_started", help: "New days of campaigns that this process has started.")
        failures = context.registry.counter(
            "sluice_housekeeping_failures", help: "Rounds of housekeeping that failed, and are tried again.")
        secondCurrencies = context.registry.gauge(
            "sluice_campaigns_with_second_currency", help: "Campaigns that were charged in more than one currency.")
        conflicts = context.registry.gauge(
            "sluice_adjustment_conflicts", help: "Adjustments whose id came again with something else.")
    }

    /// Works until `stop`, a round a second.
    func run() {
        while !pause.isOver {
            do throws(PostgresError) {
                try round()
                if isTroubled {
                    isTroubled = false
                    logger.info("housekeeping works again")
                }
            } catch {
                failures.increment()
                connection?.close()
                connection = nil
                if !isTroubled {
                    isTroubled = true
                    logger.warning(
                        "housekeeping failed and is tried again",
                        metadata: [
                            "error": "\(error)",
                            "explanation": "new days of budgets and finality wait; charges and adjustments do not",
                        ])
                }
            }
            pause.wait(milliseconds: 1_000)
        }
        connection?.close()
    }

    func stop() { pause.end() }

    private func connected() throws(PostgresError) -> PostgresConnection {
        if let connection, connection.isOpen { return connection }
        let fresh = try PostgresConnection(configuration.postgres)
        connection = fresh
        return fresh
    }

    private func round() throws(PostgresError) {
        try markIdle()
        if configuration.side.budgetsTopic != nil { try startDays() }
        let now = clock.monotonicMilliseconds()
        if now >= nextLook {
            try look()
            nextLook = now + Self.lookMilliseconds
        }
        if configuration.side.minuteRetentionMilliseconds > 0, now >= nextRetention {
            // Where somebody reads minutes for long it fails after holding up every checkpoint for the lock timeout: not
            // again at once.
            nextRetention = now + Self.retentionRetryMilliseconds
            try dropMinutes()
            nextRetention = now + Self.retentionMilliseconds
        }
    }

    private func name(_ function: String) -> String { configuration.names.table("spend", function) }

    private func markIdle() throws(PostgresError) {
        for place in idle.due {
            _ = try connected().query(
                """
                UPDATE \(configuration.names.table("sluice", "progress")) SET idle_offset = next_offset
                WHERE job = $1 AND topic = $2 AND partition = $3::int4 AND epoch = $4::int8 AND next_offset = $5::int8
                    AND idle_offset IS DISTINCT FROM next_offset
                """,
                [
                    .text(idle.job), .text(idle.topic), .int8(Int64(place.partition.rawValue)),
                    .int8(place.epoch.rawValue), .int8(place.offset.rawValue),
                ])
            idle.noted(place)
        }
    }

    private func startDays() throws(PostgresError) {
        while !pause.isOver {
            let rows = try connected().query(
                "SELECT \(name("start_days"))(timestamptz 'epoch' + $1::int8 * interval '1 millisecond', $2::int4)",
                [.int8(clock.unixMilliseconds()), .int8(Self.daysAtOnce)])
            let count = try rows[0].int64(0)
            if count > 0 {
                daysStarted.increment(by: count)
                decided()
            }
            if count < Self.daysAtOnce { return }
        }
    }

    private func look() throws(PostgresError) {
        let rows = try connected().query(
            "SELECT campaign_id, currency, first_currency FROM \(name("second_currency")) ORDER BY 1, 2 LIMIT 10000")
        var found: Set<String> = []
        var campaigns: Set<Int64> = []
        for row in rows {
            let (campaign, currency, first) = (try row.int64(0), try row.string(1), try row.string(2))
            campaigns.insert(campaign)
            guard found.insert("\(campaign) \(currency)").inserted,
                !knownSecondCurrencies.contains("\(campaign) \(currency)")
            else { continue }
            logger.error(
                "campaign is charged in a second currency",
                metadata: [
                    "campaign": "\(campaign)", "currency": "\(currency)", "first_currency": "\(first)",
                    "explanation": "both are kept apart and neither is converted; find out who sends the second one",
                ])
        }
        knownSecondCurrencies = found
        secondCurrencies.set(Int64(campaigns.count))
        let counted = try connected().query(
            "SELECT count(*) FROM \(name("adjustment")) WHERE conflicts > 0")[0].int64(0)
        conflicts.set(counted)
        if counted > knownConflicts {
            logger.error(
                "an adjustment's id came again with something else",
                metadata: [
                    "adjustments": "\(counted)",
                    "explanation":
                        "the first one counts; spend.adjustment_ledger WHERE conflicts > 0 has them: ask who gave the id twice",
                ])
        }
        knownConflicts = counted
    }

    private func dropMinutes() throws(PostgresError) {
        let before = clock.unixMilliseconds() - configuration.side.minuteRetentionMilliseconds
        let rows = try connected().query(
            "SELECT d::text FROM \(name("drop_minutes"))(timestamptz 'epoch' + $1::int8 * interval '1 millisecond') AS d",
            [.int8(before)])
        for row in rows {
            let day = try row.string(0)
            logger.info("minutes of a day dropped", metadata: ["day": "\(day)"])
        }
    }
}
