public import Connectors
public import Postgres
import Schemas
public import Streams

/// Records a checkpoint's adjustments in the ledger, each once for ever by its id, adds those that are new to the levels, and
/// judges the budgets of their campaigns.
public final class AdjustmentWriter: OutputWriter {
    public typealias Output = AdjustmentOutput

    static let rowsPerStatement = 4_096

    public let schemas: [String]
    public let source = "adjustments"
    private let begin: PreparedStatement
    private let add: PreparedStatement
    private let judge: PreparedStatement

    public init(_ names: DatabaseNames) {
        schemas = [names.schema("spend")]
        let statements = SpendStatements(names)
        begin = statements.begin
        judge = statements.judge
        add = PreparedStatement(
            name: "spend_add_adjustments",
            sql: """
                SELECT \(names.table("spend", "add_adjustments"))($1::int4[], $2::bytea[], $3::timestamptz[], $4::int8[],
                    $5::int8[], $6::int8[], $7::int8[], $8::numeric[], $9::text[], $10::text[], $11::text[])
                """)
    }

    public func prepare(
        _ cuts: [PartitionCut<AdjustmentOutput>], on connection: PostgresConnection
    ) throws(PostgresError) {}

    public func canRecover(from error: PostgresError) -> Bool { false }

    public func committed(_ answers: [PostgresRows]) {}

    public func write(
        _ cuts: [PartitionCut<AdjustmentOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) {
        try pipeline.add(begin)
        var rows = AdjustmentRows()
        var campaigns: Set<Int64> = []
        for cut in cuts {
            for entry in cut.output.output.entries {
                campaigns.insert(entry.adjustment.campaignID)
                rows.append(entry.adjustment, partition: cut.partition)
                if rows.count == Self.rowsPerStatement {
                    try pipeline.add(add, rows.parameters)
                    rows = AdjustmentRows()
                }
            }
        }
        if rows.count > 0 { try pipeline.add(add, rows.parameters) }
        var judged = Int8ArrayBuilder()
        for campaign in campaigns.sorted() { judged.append(campaign) }
        try pipeline.add(judge, [judged.parameter])
    }
}
