import ArgumentParser
import Kafka
import Postgres
import Streams

/// `sluice progress show`, or `sluice progress` alone: how far each partition has been read, and by whom.
struct ShowProgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows how far a job has read each partition.",
        discussion: """
            The lag is the number of records between the next offset and the end of the partition's log; it is left \
            out where Kafka cannot be reached.
            """)

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var job: JobOptions
    @Option(help: "Only this topic.")
    var topic: String?
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        let connection = try postgres.connect()
        let rows = try connection.query(
            """
            SELECT topic, partition, owner, epoch, next_offset, records, duplicates, late_events, invalid_events,
                dead_letters, (extract(epoch FROM watermark) * 1000)::int8 AS watermark_ms,
                greatest(0, extract(epoch FROM clock_timestamp() - updated_at) * 1000)::int8 AS age_ms
            FROM \(postgres.schemas.progress) WHERE job = $1 AND ($2::text IS NULL OR topic = $2)
            ORDER BY topic, partition
            """, [.text(job.name), topic.map { .text($0) } ?? .null])
        var topics: Set<String> = []
        for row in rows { topics.insert(try row.string("topic")) }
        let ends = await logEnds(of: topics.sorted())
        var table = Table(Self.columns)
        for row in rows { table.rows.append(try Self.cells(row, ends)) }
        Output.write(table.rendered(as: format))
        if rows.isEmpty, format == .table { Output.note("sluice: job \(job.name) has no progress yet\n") }
    }

    /// The offset behind the last record of each partition; empty, with a note, where Kafka does not say it.
    private func logEnds(of topics: [String]) async -> [String: [Int64: Int64]] {
        guard !topics.isEmpty else { return [:] }
        var ends: [String: [Int64: Int64]] = [:]
        do {
            guard let configuration = try kafka.configurationIfNamed() else {
                Output.note("sluice: no Kafka is named, so there is no lag\n")
                return [:]
            }
            let admin = try KafkaAdmin(configuration: configuration)
            for topic in topics {
                for end in try admin.watermarkOffsets(topic: topic, timeoutMilliseconds: 5_000) {
                    ends[topic, default: [:]][Int64(end.partition.rawValue)] = end.high.rawValue
                }
            }
        } catch {
            Output.note("sluice: no lag: \(CommandFailure(error).line)\n")
        }
        return ends
    }

    private static let columns = [
        Table.Column("topic"), Table.Column("partition", numeric: true), Table.Column("owner"),
        Table.Column("epoch", numeric: true), Table.Column("next_offset", numeric: true),
        Table.Column("lag", numeric: true), Table.Column("watermark"), Table.Column("records", numeric: true),
        Table.Column("duplicates", numeric: true), Table.Column("late_events", numeric: true),
        Table.Column("invalid_events", numeric: true), Table.Column("dead_letters", numeric: true),
        Table.Column("updated_ms_ago", title: "updated", numeric: true),
    ]

    private static func cells(_ row: PostgresRow, _ ends: [String: [Int64: Int64]]) throws -> [Table.Cell] {
        let topic = try row.string("topic")
        let partition = try row.int64("partition")
        let next = try row.optionalInt64("next_offset")
        // Before its first commit a partition has all of its log to read.
        let lag = ends[topic]?[partition].map { max(0, $0 - (next ?? 0)) }
        let watermark = try row.optionalInt64("watermark_ms").map { Instant(milliseconds: $0).description }
        return [
            .text(topic), .identifier(partition), try row.optionalString("owner").map { .text($0) } ?? .null,
            .number(try row.int64("epoch")), next.map { .number($0) } ?? .null, lag.map { .number($0) } ?? .null,
            watermark.map { .text($0) } ?? .null, .number(try row.int64("records")),
            .number(try row.int64("duplicates")), .number(try row.int64("late_events")),
            .number(try row.int64("invalid_events")), .number(try row.int64("dead_letters")),
            try row.optionalInt64("age_ms").map { .span(milliseconds: $0) } ?? .null,
        ]
    }
}
