import Postgres
import Streams

/// The progress of a checkpoint's partitions as parameters, in buffers that are used again.
struct ProgressRows {
    private(set) var partitions = Int4ArrayBuilder()
    /// epoch, expected, next, stream time.
    private var heads = Array(repeating: Int8ArrayBuilder(), count: 4)
    private var watermarks = TimestamptzArrayBuilder()
    /// offset, timestamp, hash.
    private var anchors = Array(repeating: Int8ArrayBuilder(), count: 3)
    /// offsets, timestamps, hashes.
    private var olderAnchors = Array(repeating: TextArrayBuilder(), count: 3)
    private var markOffsets = TextArrayBuilder()
    private var markTimes = TextArrayBuilder()
    private var counters = Array(repeating: Int8ArrayBuilder(), count: 6)

    /// In the order of the statement, from the partitions on.
    var parameters: [PostgresParameter] {
        [partitions.parameter] + heads.map(\.parameter) + [watermarks.parameter] + anchors.map(\.parameter)
            + [markOffsets.parameter, markTimes.parameter] + counters.map(\.parameter) + olderAnchors.map(\.parameter)
    }

    mutating func fill<Output>(_ cuts: [PartitionCut<Output>], outOfOrdernessMilliseconds: Int64) {
        removeAll()
        for cut in cuts {
            let progress = cut.progress
            partitions.append(cut.partition.rawValue)
            heads[0].append(cut.epoch.rawValue)
            append(cut.expectedNextOffset?.rawValue, to: &heads[1])
            append(progress.nextOffset?.rawValue, to: &heads[2])
            let known = progress.streamTime != .distantPast
            append(known ? progress.streamTime.rawValue : nil, to: &heads[3])
            if known {
                watermarks.append(unixMilliseconds: progress.streamTime.rawValue - outOfOrdernessMilliseconds)
            } else {
                watermarks.appendNull()
            }
            append(progress.anchor?.offset.rawValue, to: &anchors[0])
            append(progress.anchor?.timestampMilliseconds, to: &anchors[1])
            append(progress.anchor.map { Int64(bitPattern: $0.hash) }, to: &anchors[2])
            olderAnchors[0].append(Self.array(progress.olderAnchors.map(\.offset.rawValue)))
            olderAnchors[1].append(Self.array(progress.olderAnchors.map(\.timestampMilliseconds)))
            olderAnchors[2].append(Self.array(progress.olderAnchors.map { Int64(bitPattern: $0.hash) }))
            markOffsets.append(Self.array(progress.marks.map(\.offset.rawValue)))
            markTimes.append(Self.array(progress.marks.map(\.streamTime.rawValue)))
            let counted = progress.counters
            let values = [
                counted.records, counted.duplicates, counted.late, counted.invalid, counted.deadLetters,
                counted.skippedOffsets,
            ]
            for (index, value) in values.enumerated() { counters[index].append(value) }
        }
    }

    private mutating func removeAll() {
        partitions.removeAll()
        for index in heads.indices { heads[index].removeAll() }
        watermarks.removeAll()
        for index in anchors.indices { anchors[index].removeAll() }
        for index in olderAnchors.indices { olderAnchors[index].removeAll() }
        markOffsets.removeAll()
        markTimes.removeAll()
        for index in counters.indices { counters[index].removeAll() }
    }

    private func append(_ value: Int64?, to builder: inout Int8ArrayBuilder) {
        if let value { builder.append(value) } else { builder.appendNull() }
    }

    private static func array(_ values: [Int64]) -> String {
        "{" + values.map(String.init).joined(separator: ",") + "}"
    }
}
