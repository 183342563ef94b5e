public import Kafka
public import Streams

/// A Kafka topic as a worker's source: a member of a consumer group whose offsets come from the progress rows.
///
/// Confined to the worker's thread, as the consumer beneath it is.
public final class KafkaSource: Source {
    public let topic: String
    private let configuration: KafkaClientConfiguration
    private let bridge: Bridge
    private let consumer: KafkaConsumer
    /// Made at the first comparison of an anchor; most workers never need it.
    private var reader: KafkaRecordReader?
    private var isClosed = false

    /// How long the log is asked for its bounds or for one record.
    private static let askTimeoutMilliseconds: Int32 = 5_000

    /// Joins the group. The assignment comes with a later `poll`.
    public init(
        topic: String, configuration: KafkaClientConfiguration, settings: KafkaConsumer.Settings
    ) throws(KafkaError) {
        self.topic = topic
        self.configuration = configuration
        bridge = Bridge()
        consumer = try KafkaConsumer(configuration: configuration, settings: settings, delegate: bridge)
        try consumer.subscribe(topic)
    }

    public func poll(
        maximum: Int, timeoutMilliseconds: Int32, delegate: any SourceDelegate,
        _ body: (UnsafeBufferPointer<Record>) -> Void
    ) {
        bridge.delegate = delegate
        consumer.withBatch(maximum: maximum, timeoutMilliseconds: timeoutMilliseconds, body)
    }

    public func headers(of record: Record) -> [RecordHeader] { KafkaConsumer.headers(of: record) }

    public func bounds(of partition: Partition) throws(SourceError) -> LogBounds {
        do {
            let ends = try consumer.watermarkOffsets(partition, timeoutMilliseconds: Self.askTimeoutMilliseconds)
            return LogBounds(start: ends.low, end: ends.high)
        } catch {
            throw SourceError(error)
        }
    }

    public func knownEnd(of partition: Partition) -> Offset? { consumer.cachedHighOffset(partition) }

    public func anchor(of partition: Partition, at offset: Offset) throws(SourceError) -> Anchor? {
        do {
            let reader = try self.reader ?? KafkaRecordReader(configuration: configuration)
            self.reader = reader
            var found: Anchor?
            try reader.forEach(
                topic: topic, partition: partition, from: offset, to: offset.next,
                stallTimeoutMilliseconds: Int(Self.askTimeoutMilliseconds)
            ) { record in
                if record.offset == offset { found = Anchor(of: record) }
            }
            return found
        } catch let error as KafkaError {
            throw SourceError(error)
        } catch {
            throw SourceError(.other, "\(error)")
        }
    }

    public func pause(_ partitions: [Partition]) {
        attempt("pausing") { () throws(KafkaError) in try consumer.pause(partitions) }
    }

    public func resume(_ partitions: [Partition]) {
        attempt("resuming") { () throws(KafkaError) in try consumer.resume(partitions) }
    }

    public func seek(_ partition: Partition, to offset: Offset) -> Bool {
        attempt("seeking") { () throws(KafkaError) in try consumer.seek(partition, offset) }
    }

    /// A failure here is a line in the log: what is consumed is checked offset by offset, so nothing rests on it.
    @discardableResult
    private func attempt(_ action: String, _ body: () throws(KafkaError) -> Void) -> Bool {
        do {
            try body()
            return true
        } catch {
            bridge.delegate?.sourceLogged(level: .warning, message: "\(action) failed: \(error.description)")
            return false
        }
    }

    public func mirror(_ offsets: [(partition: Partition, next: Offset)]) {
        guard !offsets.isEmpty else { return }
        consumer.mirrorOffsets(offsets.map { ($0.partition, $0.next) })
    }

    public func close(delegate: any SourceDelegate) {
        guard !isClosed else { return }
        isClosed = true
        bridge.delegate = delegate
        do throws(KafkaError) {
            try consumer.close()
        } catch {
            delegate.sourceLogged(level: .warning, message: "closing the consumer failed: \(error.description)")
        }
    }

    /// Passes what the consumer tells on to the worker, in the library's own terms.
    private final class Bridge: KafkaConsumerDelegate {
        weak var delegate: (any SourceDelegate)?

        func partitionsAssigned(_ partitions: [Partition]) -> [(Partition, Offset)] {
            delegate?.partitionsAssigned(partitions).map { ($0.partition, $0.start) } ?? []
        }

        func partitionsRevoked(_ partitions: [Partition], lost: Bool) {
            delegate?.partitionsRevoked(partitions, lost: lost)
        }

        func partitionFailed(_ partition: Partition, error: KafkaError) {
            // What can pass is tried again by the client itself; the partition may have been deleted and made again
            // meanwhile, so what was read is compared before it is committed.
            if error.isRetriable && !error.isFatal {
                delegate?.connectionLost(SourceError(error))
            } else {
                delegate?.partitionFailed(partition, SourceError(error))
            }
        }

        func connectionLost(_ error: KafkaError) { delegate?.connectionLost(SourceError(error)) }

        func consumerFailed(_ error: KafkaError) {
            if error.code == .unknownTopic || error.code == .unknownTopicOrPartition {
                delegate?.connectionLost(SourceError(error))
            } else {
                delegate?.sourceLogged(level: .warning, message: error.description)
            }
        }

        func fatal(_ error: KafkaError) { delegate?.sourceFailed(SourceError(error)) }

        func log(level: Int, facility: String, message: String) {
            let severity: SourceLogLevel = level <= 3 ? .error : level == 4 ? .warning : level <= 6 ? .info : .debug
            delegate?.sourceLogged(level: severity, message: "\(facility): \(message)")
        }
    }
}

extension SourceError {
    /// A Kafka client's error in the library's terms.
    public init(_ error: KafkaError) {
        let code: Code =
            switch error.code {
            case .fencedInstanceID, .fenced: .fencedInstance
            case .offsetReset, .offsetOutOfRange: .offsetOutOfRange
            case .transport, .allBrokersDown, .timedOut: .unavailable
            default: .other
            }
        self.init(code, error.description)
    }
}
