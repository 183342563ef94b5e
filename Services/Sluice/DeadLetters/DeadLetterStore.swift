import Postgres
import Streams

/// The dead letters of a job, as the database keeps them.
struct DeadLetterStore {
    /// Where a dead letter was in the log.
    struct Place: Hashable, CustomStringConvertible {
        var topic: String
        var partition: Int32
        var offset: Int64
        var description: String { "\(topic) \(partition):\(offset)" }
    }

    /// Which letters are asked for. A filter that is nil lets everything through.
    struct Filter {
        var topic: String?
        var reason: String?
        var partition: Int32?
        var offset: Int64?
        /// Whether the letters have been re-driven.
        var isRedriven: Bool?
    }

    /// A letter with all that was stored of its record.
    struct Letter {
        var place: Place
        var reason: String
        /// When the record was written to the log, in milliseconds of Unix time; nil where the log did not say.
        var timestampMilliseconds: Int64?
        var key: [UInt8]?
        var payload: [UInt8]?
        var headers: [RecordHeader]
        var storedAtMilliseconds: Int64
        var redrivenAtMilliseconds: Int64?
        var redrivenOffset: Int64?
        /// The letter's own time to the microsecond, as the database writes it: what tells it from another one at the
        /// same place.
        fileprivate var at: String
    }

    let schemas: ResultSchemas
    let job: String
    let connection: PostgresConnection

    /// The letters without their bytes, in the order of the log.
    func list(_ filter: Filter, limit: Int) throws -> Table {
        let (condition, parameters) = condition(filter)
        let rows = try connection.query(
            """
            SELECT topic, partition, record_offset, reason, \(Self.milliseconds("at")),
                octet_length(payload) AS payload_bytes, \(Self.milliseconds("redriven_at")), redriven_offset
            FROM \(schemas.deadLetter) WHERE \(condition) ORDER BY topic, partition, record_offset LIMIT \(limit)
            """, parameters)
        var table = Table([
            Table.Column("topic"), Table.Column("partition", numeric: true), Table.Column("offset", numeric: true),
            Table.Column("reason"), Table.Column("at", title: "stored"), Table.Column("payload_bytes", numeric: true),
            Table.Column("redriven_at"), Table.Column("redriven_offset", numeric: true),
        ])
        for row in rows {
            table.rows.append([
                .text(try row.string("topic")), .identifier(try row.int64("partition")),
                .identifier(try row.int64("record_offset")), .text(try row.string("reason")),
                .text(Instant(milliseconds: try row.int64("at_ms")).description),
                try row.optionalInt64("payload_bytes").map { .number($0) } ?? .null,
                try row.optionalInt64("redriven_at_ms").map { .text(Instant(milliseconds: $0).description) } ?? .null,
                try row.optionalInt64("redriven_offset").map { .identifier($0) } ?? .null,
            ])
        }
        return table
    }

    /// How many letters there are of each reason, and how many of them were re-driven; the most frequent first.
    func counts(_ filter: Filter) throws -> Table {
        let (condition, parameters) = condition(filter)
        let rows = try connection.query(
            """
            SELECT reason, count(*) AS letters, count(redriven_at) AS redriven
            FROM \(schemas.deadLetter) WHERE \(condition) GROUP BY reason ORDER BY letters DESC, reason
            """, parameters)
        var table = Table([
            Table.Column("reason"), Table.Column("letters", numeric: true), Table.Column("redriven", numeric: true),
        ])
        for row in rows {
            table.rows.append([
                .text(try row.string("reason")), .number(try row.int64("letters")),
                .number(try row.int64("redriven")),
            ])
        }
        return table
    }

    /// The places of letters, in the order of the log.
    func places(_ filter: Filter, limit: Int) throws -> [Place] {
        let (condition, parameters) = condition(filter)
        let rows = try connection.query(
            """
            SELECT topic, partition, record_offset FROM \(schemas.deadLetter)
            WHERE \(condition) ORDER BY topic, partition, record_offset LIMIT \(limit)
            """, parameters)
        return try rows.map { row in
            Place(
                topic: try row.string(0), partition: Int32(truncatingIfNeeded: try row.int64(1)),
                offset: try row.int64(2))
        }
    }

    /// A whole letter; nil where there is none at the place. A topic that was made again may have had another one
    /// there before: one that is pending is meant, and of those the newest.
    ///
    /// - Parameter locking: holds the row until the transaction ends; nil then also where somebody else holds it.
    func letter(at place: Place, locking: Bool = false) throws -> Letter? {
        let rows = try connection.query(
            """
            SELECT reason, record_key, payload, \(Self.milliseconds("record_timestamp")), \(Self.milliseconds("at")),
                \(Self.milliseconds("redriven_at")), redriven_offset, at::text AS exactly
            FROM \(schemas.deadLetter) WHERE \(meant)\(locking ? " FOR UPDATE SKIP LOCKED" : "")
            """, parameters(place))
        guard let row = rows.first else { return nil }
        let at = try row.string("exactly")
        return Letter(
            place: place, reason: try row.string("reason"),
            timestampMilliseconds: try row.optionalInt64("record_timestamp_ms"),
            key: try row.optionalBytes("record_key"), payload: try row.optionalBytes("payload"),
            headers: try headers(of: place, at: at), storedAtMilliseconds: try row.int64("at_ms"),
            redrivenAtMilliseconds: try row.optionalInt64("redriven_at_ms"),
            redrivenOffset: try row.optionalInt64("redriven_offset"), at: at)
    }

    /// Notes that a letter's record has been sent again.
    ///
    /// - Parameter offset: where it is in the log now; nil where that is not known.
    func markRedriven(_ letter: Letter, offset: Int64?) throws {
        let touched = try connection.query(
            """
            UPDATE \(schemas.deadLetter) SET redriven_at = clock_timestamp(), redriven_offset = $6
            WHERE \(Self.atPlace) AND at = $5::timestamptz
            """, parameters(letter.place) + [.text(letter.at), offset.map { .int8($0) } ?? .null])
        guard touched.affectedRowCount == 1 else {
            throw CommandFailure(
                .dependency, "the dead letter \(letter.place) is not there any more and cannot be marked")
        }
    }

    /// The database takes the JSON apart: the bytes of a header are base64 in it.
    private func headers(of place: Place, at: String) throws -> [RecordHeader] {
        let rows = try connection.query(
            """
            SELECT header.value->>'name' AS name, decode(header.value->>'value', 'base64') AS value
            FROM \(schemas.deadLetter) AS letter, jsonb_array_elements(
                CASE jsonb_typeof(letter.headers) WHEN 'array' THEN letter.headers ELSE '[]' END
            ) WITH ORDINALITY AS header(value, place)
            WHERE \(Self.atPlace) AND at = $5::timestamptz ORDER BY header.place
            """, parameters(place) + [.text(at)])
        return try rows.map { row in
            RecordHeader(name: try row.optionalString("name") ?? "", value: try row.optionalBytes("value"))
        }
    }

    private static let atPlace = "job = $1 AND topic = $2 AND partition = $3 AND record_offset = $4"
    private var meant: String {
        """
        \(Self.atPlace) AND at = (
            SELECT at FROM \(schemas.deadLetter) WHERE \(Self.atPlace)
            ORDER BY redriven_at IS NOT NULL, at DESC LIMIT 1)
        """
    }

    private func parameters(_ place: Place) -> [PostgresParameter] {
        [.text(job), .text(place.topic), .int8(Int64(place.partition)), .int8(place.offset)]
    }

    private func condition(_ filter: Filter) -> (String, [PostgresParameter]) {
        var terms = ["job = $1"]
        var parameters: [PostgresParameter] = [.text(job)]
        func add(_ column: String, _ parameter: PostgresParameter?) {
            guard let parameter else { return }
            parameters.append(parameter)
            terms.append("\(column) = $\(parameters.count)")
        }
        add("topic", filter.topic.map { .text($0) })
        add("reason", filter.reason.map { .text($0) })
        add("partition", filter.partition.map { .int8(Int64($0)) })
        add("record_offset", filter.offset.map { .int8($0) })
        if let isRedriven = filter.isRedriven { terms.append("redriven_at IS \(isRedriven ? "NOT NULL" : "NULL")") }
        return (terms.joined(separator: " AND "), parameters)
    }

    /// A column of time as milliseconds of Unix time, exactly.
    private static func milliseconds(_ column: String) -> String {
        "floor(extract(epoch FROM \(column)) * 1000)::int8 AS \(column)_ms"
    }
}
