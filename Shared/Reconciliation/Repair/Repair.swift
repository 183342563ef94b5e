public import Connectors
public import Postgres

/// Applies a plan, once, while the aggregator runs.
///
/// What is added to each row is the difference between what the log says and what was there when the plan was made: events
/// that were applied since have added theirs, and keep it.
public enum Repair {
    public enum Outcome: Equatable, Sendable {
        /// - Parameters:
        ///   - id: of the row in "sluice".reconciliation_repair.
        ///   - rows: mended, of all levels.
        ///   - removed: how many of them are not there any more.
        case applied(id: Int64, rows: Int64, removed: Int64)
        /// The plan was applied before; nothing was changed.
        case appliedBefore(at: String, by: String)
    }

    private static let rowsPerStatement = 4_096

    /// Everything in one transaction, with a row that says who did it and why.
    ///
    /// - Parameters:
    ///   - reason: in the operator's words.
    ///   - operator: account and host.
    ///   - connection: idle.
    /// - Throws: `ComparisonError` where the results are not those that the plan was made for any more; `PostgresError`.
    ///   Nothing is changed then, unless the connection was lost while committing: apply it again, it will tell.
    public static func apply(
        _ plan: RepairPlan, reason: String, operator: String, on connection: PostgresConnection, names: DatabaseNames
    ) throws -> Outcome {
        try requireUsable(plan, reason: reason, operator: `operator`, names)
        // Before the transaction: whoever drops days takes the locks of both in this order.
        try Application(plan: plan, connection: connection, names: names).ensureDays()
        try connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        do {
            let outcome = try applyWithin(plan, reason: reason, operator: `operator`, on: connection, names: names)
            try connection.execute("COMMIT")
            return outcome
        } catch {
            // What failed is reported; a rollback that fails as well adds nothing to it.
            if connection.isOpen { try? connection.execute("ROLLBACK") }
            throw error
        }
    }

    /// The part within the transaction, whose days are there.
    static func applyWithin(
        _ plan: RepairPlan, reason: String, operator: String, on connection: PostgresConnection, names: DatabaseNames
    ) throws -> Outcome {
        try Application(plan: plan, connection: connection, names: names).run(reason: reason, operator: `operator`)
    }

    private static func requireUsable(
        _ plan: RepairPlan, reason: String, operator: String, _ names: DatabaseNames
    ) throws {
        guard plan.schema == names.schema("spend") else {
            throw ComparisonError(
                "The plan is for the schema \(plan.schema), and this is \(names.schema("spend")).",
                hint: "Give the schema prefix that the plan was made with.")
        }
        guard reason.contains(where: { !$0.isWhitespace }), `operator`.contains(where: { !$0.isWhitespace }) else {
            throw ComparisonError("A repair needs a reason and an operator.", hint: "Say why it is made: it is kept.")
        }
    }

    private struct Application {
        let plan: RepairPlan
        let connection: PostgresConnection
        let names: DatabaseNames

        private func spend(_ name: String) -> String { names.table("spend", name) }
        private func sluice(_ name: String) -> String { names.table("sluice", name) }

        func ensureDays() throws {
            let days = Set(plan.rows.filter { $0.spendLevel == .minute }.map { ZoneTable.floorDay($0.start) })
            var moments = TimestamptzArrayBuilder()
            for day in days.sorted() { moments.append(unixMilliseconds: day * ZoneTable.dayMilliseconds) }
            try connection.query("SELECT \(spend("ensure_day"))(day) FROM unnest($1) AS days(day)", [moments.parameter])
        }

        func run(reason: String, operator: String) throws -> Outcome {
            // No result is written meanwhile; and the levels are written here, not by the triggers.
            try connection.execute("SELECT \(spend("lock_definitions"))(); SELECT \(spend("begin_results"))()")
            let hash = try plan.hash()
            let nanos = plan.lifetimeNanos.sorted { $0.key < $1.key }.map {
                ($0.key, JSONText.string(String($0.value)))
            }
            let audit = try connection.query(
                """
                INSERT INTO \(sluice("reconciliation_repair")) (plan_hash, job, topic, reason, operator, row_count, nanos, plan)
                VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::text::json) ON CONFLICT (plan_hash) DO NOTHING RETURNING id
                """,
                [
                    .text(hash), .text(plan.job), .text(plan.topic), .text(reason), .text(`operator`),
                    .int8(Int64(plan.rows.count)), .text(JSONText.object(nanos)), .text(try plan.json()),
                ])
            guard let row = audit.first else {
                let before = try connection.query(
                    "SELECT applied_at::text, operator FROM \(sluice("reconciliation_repair")) WHERE plan_hash = $1",
                    [.text(hash)])[0]
                return .appliedBefore(at: try before.string(0), by: try before.string(1))
            }
            let id = try row.int64(0)
            try requireSameHistory(besides: id)
            let removed = try mend()
            try judgeBudgets()
            return .applied(id: id, rows: Int64(plan.rows.count), removed: removed)
        }

        /// Nothing but events may have changed the results since they were read.
        private func requireSameHistory(besides id: Int64) throws {
            let again = "Reconcile again and make a new plan."
            let history = try connection.query(
                """
                SELECT (SELECT number FROM \(spend("generation"))),
                    (SELECT coalesce(max(id), 0) FROM \(sluice("progress_change")) WHERE job = $1),
                    (SELECT coalesce(max(id), 0) FROM \(sluice("reconciliation_repair")) WHERE id <> $2)
                """, [.text(plan.job), .int8(id)])[0]
            guard try history.int64(0) == plan.generation, try history.int64(1) == plan.lastChange else {
                throw ComparisonError(
                    "An operator has moved progress or taken results back since the plan was made: it is not for these results.",
                    hint: again)
            }
            guard try history.int64(2) == plan.lastRepair else {
                throw ComparisonError("Another repair was applied since the plan was made.", hint: again)
            }
            let rows = try connection.query(
                "SELECT partition, next_offset FROM \(sluice("progress")) WHERE job = $1 AND topic = $2",
                [.text(plan.job), .text(plan.topic)])
            var applied: [Int64: Int64] = [:]
            for row in rows { applied[try row.int64(0)] = try row.optionalInt64(1) ?? 0 }
            for place in plan.cut where applied[Int64(place.partition)] ?? -1 < place.nextOffset {
                throw ComparisonError(
                    "Partition \(place.partition) is applied up to offset \(applied[Int64(place.partition)] ?? 0), "
                        + "and the plan was made at \(place.nextOffset): these are other or older results.", hint: again
                )
            }
        }

        /// - Returns: how many rows are not there any more.
        private func mend() throws -> Int64 {
            var removed: Int64 = 0
            let kept = try connection.query(
                """
                SELECT CASE WHEN isfinite(kept_from) THEN \(ResultSnapshot.milliseconds("kept_from")) END
                FROM \(spend("minute_retention"))
                """)[0].optionalInt64(0)
            for level in SpendLevel.allCases {
                let statements = RepairStatements(names, level)
                // Minutes that were dropped since are in the levels above alone.
                let rows = plan.rows.filter { $0.spendLevel == level && (level != .minute || $0.start >= kept ?? .min) }
                for start in stride(from: 0, to: rows.count, by: Repair.rowsPerStatement) {
                    let part = rows[start..<min(start + Repair.rowsPerStatement, rows.count)]
                    let parameters = RepairRows(part).parameters
                    let shrunk = try connection.query(statements.countShrunk, parameters)[0].int64(0)
                    try refuse(shrunk, level, "have less than when the plan was made, which events cannot do")
                    try connection.query(statements.add, parameters)
                    let negative = try connection.query(statements.countNegative, parameters)[0].int64(0)
                    try refuse(negative, level, "would be below 0")
                    removed += Int64(try connection.query(statements.removeEmpty, parameters).affectedRowCount)
                    if let note = statements.noteChange { try connection.query(note, parameters) }
                }
            }
            // Who follows changes by a cursor does not see that a row is gone.
            if removed > 0 { try connection.execute("UPDATE \(spend("generation")) SET number = number + 1") }
            return removed
        }

        private func refuse(_ count: Int64, _ level: SpendLevel, _ what: String) throws {
            guard count > 0 else { return }
            throw ComparisonError(
                "\(count) of the plan's rows of \(level.name) \(what): somebody else has changed them.",
                hint: "Reconcile again and make a new plan.")
        }

        private func judgeBudgets() throws {
            var campaigns = Int8ArrayBuilder()
            for campaign in Set(plan.rows.map(\.campaign)).sorted() { campaigns.append(campaign) }
            try connection.query("SELECT \(spend("rebuild_budget_days"))($1)", [campaigns.parameter])
            try connection.query("SELECT * FROM \(spend("judge_budgets"))($1)", [campaigns.parameter])
        }
    }
}
