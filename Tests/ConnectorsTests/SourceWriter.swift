import Connectors
import Postgres
import SpendAggregatorJob
import Streams

/// A writer whose results go to another schema, as one of several sources; what it writes is another writer's.
final class SourceWriter: OutputWriter {
    private let writer: SpendWriter
    let schemas: [String]
    let source = "corrections"

    init(_ writer: SpendWriter, schema: String) {
        self.writer = writer
        schemas = [schema]
    }

    func prepare(
        _ cuts: [PartitionCut<SpendOutput>], on connection: PostgresConnection
    ) throws(PostgresError) { try writer.prepare(cuts, on: connection) }

    func canRecover(from error: PostgresError) -> Bool { writer.canRecover(from: error) }

    func write(
        _ cuts: [PartitionCut<SpendOutput>], to pipeline: inout PostgresPipeline
    ) throws(PostgresError) { try writer.write(cuts, to: &pipeline) }

    func committed(_ answers: [PostgresRows]) { writer.committed(answers) }
}
