import Connectors
import Postgres
import Streams

/// The test's table as a relay reads it.
final class TestOutboxTable: OutboxTable {
    private let lanes: OutboxLanes
    private let statement: PreparedStatement

    init(_ names: DatabaseNames, output: String) {
        lanes = OutboxLanes(names, output: output)
        statement = PreparedStatement(
            name: "test_messages",
            sql: """
                SELECT sequence, text, floor(extract(epoch FROM at) * 1000)::int8 AS at_ms
                FROM \(names.table("sluice", "test_message"))
                WHERE lane = $1::int4 AND sequence > $2::int8 ORDER BY sequence LIMIT $3::int8
                """)
    }

    func heads(on connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64] {
        try lanes.heads(on: connection)
    }

    func records(
        lane: Int32, after sequence: Int64, maximum: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [OutboxRecord] {
        let rows = try connection.query(
            statement, [.int8(Int64(lane)), .int8(sequence), .int8(Int64(maximum))])
        var records: [OutboxRecord] = []
        for row in rows {
            let sequence = try row.int64("sequence")
            records.append(
                OutboxRecord(
                    lane: lane, sequence: sequence, key: Array("lane \(lane)".utf8),
                    value: Array(try row.string("text").utf8),
                    headers: [RecordHeader(name: "sequence", value: Array(String(sequence).utf8))],
                    writtenAtMilliseconds: try row.int64("at_ms")))
        }
        return records
    }
}
