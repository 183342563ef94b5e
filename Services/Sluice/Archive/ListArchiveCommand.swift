import Archive
import ArgumentParser
import Streams

/// `sluice archive list`: which offsets of which partitions are archived.
struct ListArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Lists topics and partitions of an archive: offsets, times, records, bytes.",
        discussion: """
            Reads names and headers, not the records: `sluice archive verify` does that. A hole between two segments ends \
            it with an error that names the offsets (exit code 3).
            """)

    @OptionGroup var archive: ArchiveOptions
    @Option(help: "Only this topic.")
    var topic: String?
    @Flag(help: "One line for each segment.")
    var segments = false
    @Option(help: "table, csv or json.")
    var format = Table.Format.table

    func run() async throws {
        let folder = try archive.folder()
        var table = Table(
            [.init("topic"), .init("partition", numeric: true)]
                + (segments ? [] : [.init("segments", numeric: true)])
                + [
                    .init("first_offset", numeric: true), .init("last_offset", numeric: true),
                    .init("records", numeric: true), .init("bytes", numeric: true), .init("from"), .init("to"),
                ])
        for topic in try topic.map({ [$0] }) ?? folder.topics() {
            for partition in try folder.partitions(of: topic) {
                let all = try folder.segments(of: topic, partition).map { try ListedSegments($0) }
                for listed in segments ? all : all.isEmpty ? [] : [ListedSegments(all)] {
                    let count: [Table.Cell] = segments ? [] : [.number(Int64(listed.count))]
                    table.rows.append(
                        [.text(topic), .identifier(Int64(partition.rawValue))] + count
                            + [
                                .identifier(listed.first.rawValue), .identifier(listed.last.rawValue),
                                .number(listed.records), .number(listed.bytes), Self.time(listed.lowest),
                                Self.time(listed.highest),
                            ])
                }
            }
        }
        if table.rows.isEmpty, format == .table {
            Output.write("(nothing is archived)\n")
        } else {
            Output.write(table.rendered(as: format))
        }
    }

    private static func time(_ milliseconds: Int64) -> Table.Cell {
        milliseconds < 0 ? .null : .text(Instant(milliseconds: milliseconds).description)
    }
}

/// What a line of the list says: one segment, or all of a partition.
struct ListedSegments {
    var count = 1
    var first: Offset
    var last: Offset
    var records: Int64
    var bytes: Int64
    /// The lowest and the highest timestamp; -1 where there is none.
    var lowest: Int64
    var highest: Int64

    init(_ segment: ArchivedSegment) throws {
        let reader = try SegmentReader(segment)
        first = segment.first
        last = segment.last
        records = reader.header.recordCount
        bytes = Int64(reader.fileByteCount)
        lowest = reader.header.lowestTimestampMilliseconds
        highest = reader.header.highestTimestampMilliseconds
    }

    /// - Parameter all: in the order of their offsets; at least one.
    init(_ all: [ListedSegments]) {
        self = all[0]
        for one in all.dropFirst() {
            count += 1
            last = one.last
            records += one.records
            bytes += one.bytes
            lowest = lowest < 0 ? one.lowest : one.lowest < 0 ? lowest : min(lowest, one.lowest)
            highest = max(highest, one.highest)
        }
    }
}
