public import Connectors
public import Postgres
import Schemas
public import Streams

/// Takes over a checkpoint's budgets in the order of the log and judges their campaigns.
public final class BudgetWriter: OutputWriter {
    public typealias Output = BudgetOutput

    static let rowsPerStatement = 4_096

    public let schemas: [String]
    public let source = "budgets"
    private let clock: any WorkerClock
    private let set: PreparedStatement

    /// - Parameter clock: says which day a campaign's first budget is in.
    public init(_ names: DatabaseNames, clock: any WorkerClock) {
        schemas = [names.schema("spend")]
        self.clock = clock
        set = PreparedStatement(
            name: "spend_set_budgets",
            sql: """
                SELECT \(names.table("spend", "set_budgets"))($1::int4[], $2::int8[], $3::int8[], $4::int8[], $5::text[],
                    $6::int8[], $7::int8[], $8::text[], $9::timestamptz[], $10::timestamptz[], $11::int8[], $12::bool[],
                    timestamptz 'epoch' + $13::int8 * interval '1 millisecond')
                """)
    }

    public func prepare(
        _ cuts: [PartitionCut<BudgetOutput>], on connection: PostgresConnection
    ) throws(PostgresError) {}

    public func canRecover(from error: PostgresError) -> Bool { false }

    public func committed(_ answers: [PostgresRows]) {}

    public func write(
        _ cuts: [PartitionCut<BudgetOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        var rows = BudgetRows()
        for cut in cuts {
            for change in cut.output.output.changes {
                rows.append(change, partition: cut.partition)
                if rows.count == Self.rowsPerStatement {
                    try pipeline.add(set, rows.parameters(asOf: clock.unixMilliseconds()))
                    rows = BudgetRows()
                }
            }
        }
        if rows.count > 0 { try pipeline.add(set, rows.parameters(asOf: clock.unixMilliseconds())) }
    }
}
