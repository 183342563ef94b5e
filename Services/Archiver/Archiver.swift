import Archive
import Glibc
import Kafka
import Logging
import Runtime
import Streams
import Synchronization

/// Follows a topic and writes it into segments, on the one thread that calls `run`.
final class Archiver: @unchecked Sendable {
    private let configuration: ArchiverConfiguration
    private let logger: Logger
    private let health: HealthState
    private let metrics: ArchiverMetrics
    private let vitals: ArchiverVitals
    private let compressor: SegmentCompressor
    private let stopping = Atomic<Bool>(false)
    // The archiver's thread only.
    private var partitions: [Partition: PartitionArchive] = [:]
    private var nextSample: Int64 = 0
    private var nextTopicLook: Int64 = 0
    private var nextRetention: Int64 = 0

    private static let pollMilliseconds: Int32 = 100
    private static let sampleMilliseconds: Int64 = 1_000
    private static let topicLookMilliseconds: Int64 = 15_000
    private static let retentionMilliseconds: Int64 = 600_000
    private static let answerMilliseconds: Int32 = 10_000

    init(_ configuration: ArchiverConfiguration, _ context: ServiceContext, vitals: ArchiverVitals) {
        self.configuration = configuration
        self.vitals = vitals
        logger = context.logger
        health = context.health
        metrics = ArchiverMetrics(context.registry, topic: configuration.topic)
        compressor = SegmentCompressor(level: configuration.compressionLevel)
    }

    /// Lets `run` finish the segments and return. From any thread.
    func stop() { stopping.store(true, ordering: .releasing) }

    private var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Archives until `stop`.
    func run() throws {
        health.startupPending("archive", "comparing the archive with the topic")
        let (lock, leftovers) = try configuration.folder.prepare(topic: configuration.topic)
        // The lock is held for as long as anything may be written.
        defer { withExtendedLifetime(lock) {} }
        if leftovers > 0 {
            logger.info(
                "unfinished segments removed",
                metadata: ["count": "\(leftovers)", "explanation": "their records are read from the topic again"])
        }
        let logger = logger
        let tail = try KafkaTailReader(configuration: configuration.kafka, topic: configuration.topic) {
            level, facility, text in
            logger.log(
                level: level <= 3 ? .warning : .debug, "Kafka client",
                metadata: ["facility": "\(facility)", "text": "\(text)"])
        }
        try begin(tail)
        health.started()
        let heartbeat = health.heartbeat("archiver", limitMilliseconds: 120_000)
        defer { health.finished(heartbeat) }
        while !isStopping {
            heartbeat.beat()
            try follow(tail)
            try finishDue()
            try lookAround(tail)
        }
        for partition in ordered { try finish(partition) }
    }

    private var ordered: [PartitionArchive] { partitions.values.sorted { $0.partition < $1.partition } }

    // MARK: Start

    /// Compares the archive with the topic and starts to read where it ends.
    private func begin(_ tail: KafkaTailReader) throws {
        let log = try KafkaLog(topic: configuration.topic, configuration: configuration.kafka)
        let archive = try ArchivedLog(folder: configuration.folder, topic: configuration.topic)
        let current = try log.partitions()
        for partition in try archive.partitions() where !current.contains(partition) {
            throw ArchiveError(
                .otherTopic,
                "the archive has partition \(partition) and the topic has \(current.count): the topic was made again with "
                    + "fewer. Archive the new one into another folder, or move this topic's folder out of the archive",
                path: configuration.folder.path, topic: configuration.topic, partition: partition)
        }
        // All of them before anything is read: one that does not fit stops the archiver before it writes.
        let starts = try current.map { ($0, try start(of: $0, archive, log)) }
        for (partition, offset) in starts { try follow(partition, from: offset, tail) }
    }

    /// Where a partition goes on.
    private func start(of partition: Partition, _ archive: ArchivedLog, _ log: KafkaLog) throws -> Offset {
        let archived = try configuration.folder.bounds(of: configuration.topic, partition)
        let ends = try log.bounds(of: partition)
        guard let archived else { return ends.start }
        let seam = try ArchiveSeam.check(archive, bounds: archived, against: log, ends: ends, in: partition)
        if !seam.isVerified {
            metrics.unverifiable.increment()
            logger.warning(
                "nothing proves that this is the topic that was archived",
                metadata: [
                    "topic": "\(configuration.topic)", "partition": "\(partition)", "next_offset": "\(seam.next)",
                    "explanation": "none of the last archived records is in the topic any more; the archive goes on",
                ])
        }
        return seam.next
    }

    private func follow(_ partition: Partition, from offset: Offset, _ tail: KafkaTailReader) throws {
        try tail.start(partition, from: offset)
        partitions[partition] = PartitionArchive(partition, from: offset, gauges: metrics.gauges(partition))
        logger.info(
            "partition is followed",
            metadata: [
                "topic": "\(configuration.topic)", "partition": "\(partition)", "next_offset": "\(offset)",
            ])
    }

    // MARK: Records

    private func follow(_ tail: KafkaTailReader) throws {
        let now = HealthState.monotonicMilliseconds()
        do {
            _ = try tail.poll(timeoutMilliseconds: Self.pollMilliseconds) { record in
                guard let archive = partitions[record.partition] else { return }
                try archive.take(record, headers: KafkaStoredRecord.headers(of: record), at: now) {
                    try startSegment(record.partition, $0)
                }
                if archive.byteCount >= configuration.segmentBytes { try finish(archive) }
            } ended: { partition, offset in
                partitions[partition]?.ended(offset, at: now)
            }
        } catch let error as KafkaError {
            throw explained(error)
        }
    }

    /// What a reading error means for the archive, after what is whole of the other partitions was written.
    private func explained(_ error: KafkaError) -> any Error {
        for archive in ordered where archive.partition != error.partition {
            do { try finish(archive) } catch {
                logger.error(
                    "segment is not finished", metadata: ["partition": "\(archive.partition)", "error": "\(error)"])
            }
        }
        guard let partition = error.partition, let archive = partitions[partition],
            error.code == .offsetReset || error.code == .offsetOutOfRange
        else { return error }
        return ArchiveError(
            .hole,
            "the topic does not have offset \(archive.expected), which is to be archived next (\(error.message)): its "
                + "retention removed it before it was read, or the topic was made again. Start again: the archive is then "
                + "compared with the topic, and the error names the offsets", path: configuration.folder.path,
            topic: configuration.topic, partition: partition)
    }

    private func startSegment(_ partition: Partition, _ first: Offset) throws -> SegmentWriter {
        try configuration.folder.startSegment(
            of: configuration.topic, partition, first: first, compressor: compressor)
    }

    private func finishDue() throws {
        let now = HealthState.monotonicMilliseconds()
        for archive in partitions.values {
            if let openedAt = archive.openedAt, now - openedAt >= configuration.segmentAgeMilliseconds {
                try finish(archive)
            }
        }
    }

    private func finish(_ archive: PartitionArchive) throws {
        let began = HealthState.monotonicMilliseconds()
        guard
            let (segment, writer) = try archive.finish({ try startSegment(archive.partition, $0) })
        else { return }
        let offsets = segment.last.next.rawValue - segment.first.rawValue
        metrics.finishSeconds.observe(Double(HealthState.monotonicMilliseconds() - began) / 1_000)
        metrics.segments.increment()
        metrics.records.increment(by: writer.recordCount)
        metrics.skippedOffsets.increment(by: offsets - writer.recordCount)
        metrics.rawBytes.increment(by: Int64(writer.uncompressedByteCount))
        metrics.fileBytes.increment(by: Int64(writer.fileByteCount))
        logger.info(
            "segment archived",
            metadata: [
                "topic": "\(segment.topic)", "partition": "\(segment.partition)", "first": "\(segment.first)",
                "last": "\(segment.last)", "records": "\(writer.recordCount)",
                "record_bytes": "\(writer.uncompressedByteCount)", "file_bytes": "\(writer.fileByteCount)",
            ])
    }

    // MARK: By the clock

    private func lookAround(_ tail: KafkaTailReader) throws {
        let now = HealthState.monotonicMilliseconds()
        if now >= nextSample {
            nextSample = now + Self.sampleMilliseconds
            sample(tail)
        }
        if now >= nextTopicLook {
            nextTopicLook = now + Self.topicLookMilliseconds
            try lookForPartitions(tail)
        }
        if configuration.retentionMilliseconds > 0, now >= nextRetention {
            nextRetention = now + Self.retentionMilliseconds
            try removeOld()
        }
    }

    private func sample(_ tail: KafkaTailReader) {
        let unix = Self.unixMilliseconds()
        vitals.sampled(oldestTimestampMilliseconds: partitions.values.compactMap(\.oldestTimestamp).min())
        for archive in partitions.values {
            archive.sample(knownEnd: tail.knownEnd(of: archive.partition), unixMilliseconds: unix)
        }
        var system = statvfs()
        if statvfs(configuration.folder.path, &system) == 0 {
            metrics.freeBytes.set(Double(system.f_bavail) * Double(system.f_frsize))
        }
    }

    /// Asks how many partitions there are. It is also how a Kafka that went away is noticed: fetching waits in silence.
    private func lookForPartitions(_ tail: KafkaTailReader) throws {
        let count: Int
        do throws(KafkaError) {
            count = try tail.partitionCount(timeoutMilliseconds: Self.answerMilliseconds)
        } catch {
            guard error.isRetriable else { throw error }
            metrics.kafkaFailures.increment()
            vitals.kafkaDidNotAnswer()
            health.notReady("kafka", "\(error)")
            logger.warning("Kafka does not answer", metadata: ["error": "\(error)"])
            return
        }
        vitals.kafkaAnswered()
        health.ready("kafka")
        guard count > partitions.count else { return }
        let log = try KafkaLog(topic: configuration.topic, configuration: configuration.kafka)
        for number in 0..<Int32(count) where partitions[Partition(number)] == nil {
            let partition = Partition(number)
            let ends: LogBounds
            do {
                ends = try log.bounds(of: partition)
            } catch let error as KafkaError where error.isRetriable {
                // A new partition has no leader for a moment.
                logger.info("partition has no leader yet", metadata: ["partition": "\(partition)"])
                continue
            }
            try follow(partition, from: ends.start, tail)
        }
    }

    private func removeOld() throws {
        let limit = Self.unixMilliseconds() - configuration.retentionMilliseconds
        for archive in ordered {
            let removed = try configuration.folder.removeSegments(
                of: configuration.topic, archive.partition, olderThanUnixMilliseconds: limit)
            metrics.removedSegments.increment(by: Int64(removed.count))
            for segment in removed {
                logger.info(
                    "segment removed by retention",
                    metadata: [
                        "topic": "\(segment.topic)", "partition": "\(segment.partition)", "first": "\(segment.first)",
                        "last": "\(segment.last)",
                    ])
            }
        }
    }

    private static func unixMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
