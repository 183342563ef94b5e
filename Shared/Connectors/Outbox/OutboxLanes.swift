public import Postgres

/// What schema `sluice` holds of an output's lanes: heads, accepted skips, and the positions that are remembered.
public struct OutboxLanes: Sendable {
    /// What is published, such as `budget-signals`.
    public let output: String
    private let headsStatement: PreparedStatement
    private let skipsStatement: PreparedStatement
    private let positionsStatement: PreparedStatement
    private let rememberStatement: PreparedStatement
    /// The function by which an operator raises a head, for messages.
    let skipFunction: String
    let skipTable: String
    let positionTable: String

    public init(_ names: DatabaseNames, output: String) {
        self.output = output
        skipFunction = names.table("sluice", "outbox_skip_to")
        skipTable = names.table("sluice", "outbox_skip")
        positionTable = names.table("sluice", "outbox_position")
        headsStatement = PreparedStatement(
            name: "outbox_heads",
            sql: "SELECT lane, last_sequence FROM \(names.table("sluice", "outbox_lane")) WHERE output = $1")
        skipsStatement = PreparedStatement(
            name: "outbox_skips",
            sql: """
                SELECT from_sequence, through_sequence FROM \(skipTable)
                WHERE output = $1 AND lane = $2::int4 AND through_sequence >= $3::int8 AND from_sequence <= $4::int8
                ORDER BY from_sequence
                """)
        positionsStatement = PreparedStatement(
            name: "outbox_positions", sql: "SELECT lane, position FROM \(positionTable) WHERE output = $1")
        rememberStatement = PreparedStatement(
            name: "outbox_remember",
            sql: """
                INSERT INTO \(positionTable) AS p (output, lane, position)
                SELECT $1, lane, position FROM unnest($2::int4[], $3::int8[]) AS given(lane, position) ORDER BY lane
                ON CONFLICT (output, lane) DO UPDATE SET position = excluded.position, updated_at = now()
                WHERE p.position < excluded.position
                """)
    }

    /// The last sequence of each lane that has had a message.
    public func heads(on connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64] {
        try numbers(connection.query(headsStatement, [.text(output)]))
    }

    /// The positions that were remembered last: never ahead of Kafka's, unless Kafka has lost some.
    func rememberedPositions(on connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64] {
        try numbers(connection.query(positionsStatement, [.text(output)]))
    }

    func remember(_ positions: [Int32: Int64], on connection: PostgresConnection) throws(PostgresError) {
        var lanes = Int4ArrayBuilder()
        var sequences = Int8ArrayBuilder()
        for (lane, position) in positions.sorted(by: { $0.key < $1.key }) {
            lanes.append(lane)
            sequences.append(position)
        }
        try connection.query(rememberStatement, [.text(output), lanes.parameter, sequences.parameter])
    }

    /// The first sequence of a range that nobody has given up; nil where all of it is.
    func firstUnaccepted(
        _ range: ClosedRange<Int64>, lane: Int32, on connection: PostgresConnection
    ) throws(PostgresError) -> Int64? {
        let rows = try connection.query(
            skipsStatement,
            [.text(output), .int8(Int64(lane)), .int8(range.lowerBound), .int8(range.upperBound)])
        var next = range.lowerBound
        for row in rows {
            let (from, through) = (try row.int64(0), try row.int64(1))
            guard from <= next else { return next }
            if through >= range.upperBound { return nil }
            next = max(next, through + 1)
        }
        return next
    }

    private func numbers(_ rows: PostgresRows) throws(PostgresError) -> [Int32: Int64] {
        var result: [Int32: Int64] = [:]
        for row in rows { result[Int32(truncatingIfNeeded: try row.int64(0))] = try row.int64(1) }
        return result
    }
}
