import Archive
import Kafka
import Streams

/// Sends archived records to a topic, the partitions side by side by time.
final class Replay {
    private let lanes: [ReplayLane]
    private let topic: String
    private let producer: KafkaProducer
    private let speed: Double?
    private let clock = ContinuousClock()
    private var sentUpTo: [Partition: Offset] = [:]
    private var passedOffsets: Int64 = 0
    private(set) var sentCount: Int64 = 0

    private static let flushMilliseconds: Int32 = 65_000

    /// - Parameter speed: how many times as fast as the timestamps say; nil is as fast as it goes.
    init(lanes: [ReplayLane], into topic: String, kafka: KafkaClientConfiguration, speed: Double?) throws {
        self.lanes = lanes
        self.topic = topic
        self.speed = speed
        // Idempotent: each record once and in the order of its partition, within this run.
        producer = try KafkaProducer(
            configuration: kafka,
            settings: KafkaProducer.Settings(
                lingerMilliseconds: 20, queueMaximumRecords: 100_000, queueMaximumKibibytes: 65_536,
                messageTimeoutMilliseconds: 60_000))
    }

    /// The partitions of the range and what is archived of them.
    /// - Throws: `CommandFailure` where nothing of the range is archived; `ArchiveError`.
    static func lanes(of log: ArchivedLog, range: ReplayRange) throws -> [ReplayLane] {
        var lanes: [ReplayLane] = []
        for partition in try log.partitions() where range.partition == nil || range.partition == partition {
            let segments = try log.folder.segments(of: log.topic, partition)
            guard let first = segments.first, let last = segments.last else { continue }
            var (start, end) = (range.fromOffset ?? first.first, range.toOffset ?? last.last.next)
            if range.fromMilliseconds != nil || range.toMilliseconds != nil {
                // Segments without a record of the range are not read.
                let meant = try segments.filter { segment in
                    let header = try SegmentReader(segment).header
                    return header.highestTimestampMilliseconds >= range.fromMilliseconds ?? 0
                        && header.lowestTimestampMilliseconds < range.toMilliseconds ?? .max
                }
                guard let first = meant.first, let last = meant.last else { continue }
                start = max(start, first.first)
                end = min(end, last.last.next)
            }
            guard start < end else { continue }
            lanes.append(try ReplayLane(log, partition, from: start, to: end, range: range))
        }
        guard lanes.contains(where: { $0.record != nil }) else {
            throw CommandFailure(
                .usage, "no archived record of \(log.topic) lies in this range: see `sluice archive list`")
        }
        return lanes
    }

    /// How many offsets are read in all.
    var offsetCount: Int64 { lanes.reduce(0) { $0 + $1.end.rawValue - $1.start.rawValue } }

    /// Per partition, the archived offset of the last record that the target has.
    var reached: [(partition: Partition, offset: Offset)] {
        sentUpTo.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// Sends everything, or as much as there is time for before an interruption. What `reached` says then is delivered.
    /// - Parameter progress: told how many offsets are behind.
    /// - Returns: false where it was interrupted.
    func run(progress: (Int64) -> Void) throws -> Bool {
        let began = clock.now
        let origin = lanes.compactMap { $0.record == nil ? nil : $0.timestamp }.min() ?? 0
        while let lane = next() {
            guard wait(until: lane.timestamp - origin, since: began), !Interruption.isRequested else { break }
            try send(lane)
            // A delivery that failed is no reason to send the rest.
            if producer.failedCount > 0 { break }
            if sentCount & 0x3FF == 0 || speed != nil { progress(passedOffsets) }
        }
        try producer.flush(timeoutMilliseconds: Self.flushMilliseconds)
        guard producer.failedCount == 0, producer.deliveredCount == producer.producedCount else {
            throw CommandFailure(
                .dependency,
                "\(producer.producedCount - producer.deliveredCount) of \(producer.producedCount) records were not "
                    + "delivered to \(topic)")
        }
        return !lanes.contains { $0.record != nil }
    }

    /// The lane whose record is the oldest.
    private func next() -> ReplayLane? {
        var oldest: ReplayLane?
        for lane in lanes where lane.record != nil {
            if oldest.map({ lane.timestamp < $0.timestamp }) ?? true { oldest = lane }
        }
        return oldest
    }

    /// - Returns: false where an interruption came first.
    private func wait(until distance: Int64, since began: ContinuousClock.Instant) -> Bool {
        guard let speed else { return true }
        let due = began + .milliseconds(Int64(Double(distance) / speed))
        while clock.now < due {
            if Interruption.isRequested { return false }
            let left = (due - clock.now).components
            let milliseconds = left.seconds * 1_000 + left.attoseconds / 1_000_000_000_000_000
            producer.poll(timeoutMilliseconds: 0)
            Interruption.pause(milliseconds: min(50, max(1, milliseconds)))
        }
        return true
    }

    private func send(_ lane: ReplayLane) throws {
        guard let record = lane.record else { return }
        try producer.produce(
            topic: topic, partition: lane.partition,
            timestampMilliseconds: record.timestampMilliseconds > 0 ? record.timestampMilliseconds : nil,
            key: record.key, value: record.value, headers: lane.headers)
        sentCount += 1
        passedOffsets += record.offset.rawValue - (sentUpTo[lane.partition] ?? lane.start.previous).rawValue
        sentUpTo[lane.partition] = record.offset
        try lane.advance()
    }
}
