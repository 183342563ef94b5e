internal import CRdkafka
public import Streams

/// Writes records. Idempotent by default, transactional with a transactional id.
///
/// Belongs to one thread: it is not `Sendable`, and delivery reports are served by its own calls (`produce` now and
/// then, `poll`, `flush`). Nothing is known to be written before `flush` or `commitTransaction` has returned; what is
/// still waiting when the producer is released is dropped.
public final class KafkaProducer {
    let client: OpaquePointer
    private let owner: ClientHandle
    let context: ProducerContext
    private var topics: [String: OpaquePointer] = [:]
    private var lastTopic: (name: String, handle: OpaquePointer)?
    /// The arguments of `rd_kafka_produceva`, filled anew for each record.
    private let arguments: UnsafeMutablePointer<rd_kafka_vu_t>
    private static let argumentCount = 7
    private let queueFullTimeoutMilliseconds: Int32
    private var unpolled = 0

    /// How many records `produce` has taken.
    public private(set) var producedCount = 0
    /// How many of them the brokers have acknowledged, as far as reports were served.
    public var deliveredCount: Int { context.delivered }
    /// How many of them were given up.
    public var failedCount: Int { context.failed }
    /// How many wait for their delivery or their report.
    public var pendingCount: Int { Int(rd_kafka_outq_len(client)) }

    /// The error that ended this producer for good, or nil. What is called after it fails with a bare `fatal`.
    public var fatalError: KafkaError? { KafkaError.fatal(of: client) }

    public init(
        configuration: KafkaClientConfiguration, settings: Settings = Settings(), log: KafkaLogHandler? = nil
    ) throws(KafkaError) {
        let properties = try settings.properties(configuration)
        ProducerContext.install(properties.handle)
        context = ProducerContext(log: log)
        owner = try ClientHandle(RD_KAFKA_PRODUCER, properties: properties, context: context)
        client = owner.pointer
        queueFullTimeoutMilliseconds = settings.queueFullTimeoutMilliseconds
        arguments = .allocate(capacity: Self.argumentCount)
        arguments.initialize(repeating: rd_kafka_vu_t(), count: Self.argumentCount)
        arguments[0].vtype = RD_KAFKA_VTYPE_RKT
        arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION
        arguments[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        arguments[3].vtype = RD_KAFKA_VTYPE_TIMESTAMP
        arguments[4].vtype = RD_KAFKA_VTYPE_KEY
        arguments[5].vtype = RD_KAFKA_VTYPE_VALUE
        arguments[6].vtype = RD_KAFKA_VTYPE_HEADERS
    }

    deinit {
        for handle in topics.values { rd_kafka_topic_destroy(handle) }
        // Without this the destruction would wait for what nobody will hear of any more.
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
        arguments.deallocate()
    }

    /// Takes a record for delivery; waits while the queue is full.
    /// - Parameters:
    ///   - partition: nil lets the key decide as the Java client does (murmur2), or chance where there is none.
    ///   - timestampMilliseconds: nil is now, and so is 0, which librdkafka takes for none.
    ///   - key: nil is a record without a key; it is always copied.
    ///   - value: nil is a record without a payload (a tombstone), an empty buffer is an empty payload.
    ///   - copiesValue: false leaves the payload where it is: it has to stay there until `flush` has returned.
    /// - Throws: `queueFull` after the settings' time, a record that is too large, an unknown partition, a fatal error.
    public func produce(
        topic: String, partition: Partition? = nil, timestampMilliseconds: Int64? = nil,
        key: UnsafeRawBufferPointer? = nil, value: UnsafeRawBufferPointer?, headers: [RecordHeader] = [],
        copiesValue: Bool = true
    ) throws(KafkaError) {
        let handle = try topicHandle(topic)
        arguments[0].u.rkt = handle
        arguments[1].u.i32 = partition?.rawValue ?? -1
        arguments[2].u.i = copiesValue ? Self.copyFlag : 0
        arguments[3].u.i64 = timestampMilliseconds ?? 0
        arguments[4].u.mem.ptr = Self.start(key)
        arguments[4].u.mem.size = key?.count ?? 0
        arguments[5].u.mem.ptr = Self.start(value)
        arguments[5].u.mem.size = value?.count ?? 0
        let list = headers.isEmpty ? nil : try Self.makeHeaders(headers)
        arguments[6].u.headers = list
        let count = list == nil ? 6 : 7
        while let error = rd_kafka_produceva(client, arguments, count) {
            let failure = KafkaError(adopting: error, doing: "producing", topic: topic, partition: partition)
            do throws(KafkaError) {
                guard failure.code == .queueFull else { throw failure }
                try waitForRoom(failure)
            } catch {
                // The headers become the record's only when it is taken.
                if let list { rd_kafka_headers_destroy(list) }
                throw error
            }
        }
        producedCount += 1
        unpolled += 1
        if unpolled >= 512 { poll() }
    }

    /// Serves delivery reports that are there. Called by `produce` now and then; of use to whoever pauses.
    public func poll(timeoutMilliseconds: Int32 = 0) {
        unpolled = 0
        rd_kafka_poll(client, timeoutMilliseconds)
    }

    /// Waits until every record is delivered.
    /// - Throws: `timedOut` with the number of records that still wait, or the first delivery that failed since the
    ///   last flush, with its topic and partition.
    public func flush(timeoutMilliseconds: Int32) throws(KafkaError) {
        let code = rd_kafka_flush(client, timeoutMilliseconds)
        if let failure = takeFailure() { throw failure }
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code, doing: "flushing with \(pendingCount) records still to be delivered")
        }
    }

    /// The first failure since it was last asked for; the fatal one if there is one.
    func takeFailure() -> KafkaError? {
        if let fatal = context.fatalError { return fatal }
        defer { context.firstFailure = nil }
        guard var failure = context.firstFailure else { return nil }
        failure.message += " (\(context.failed) of \(producedCount) records failed so far)"
        return failure
    }

    private func waitForRoom(_ failure: KafkaError) throws(KafkaError) {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(Int(queueFullTimeoutMilliseconds)))
        let before = context.delivered + context.failed
        repeat {
            poll(timeoutMilliseconds: 50)
            if context.delivered + context.failed > before { return }
        } while ContinuousClock.now < deadline
        throw failure
    }

    private func topicHandle(_ topic: String) throws(KafkaError) -> OpaquePointer {
        if let lastTopic, lastTopic.name == topic { return lastTopic.handle }
        if let handle = topics[topic] {
            lastTopic = (topic, handle)
            return handle
        }
        guard let handle = rd_kafka_topic_new(client, topic, nil) else {
            throw KafkaError(rd_kafka_last_error(), doing: "naming the topic", topic: topic)
        }
        topics[topic] = handle
        lastTopic = (topic, handle)
        return handle
    }

    /// `RD_KAFKA_MSG_F_COPY`, a macro that Swift does not see as the type the call takes.
    private static let copyFlag: Int32 = 0x2
    /// What an empty buffer points to: librdkafka takes a null pointer for null, whatever the count.
    private nonisolated(unsafe) static let emptyStart = UnsafeMutableRawPointer.allocate(byteCount: 1, alignment: 1)

    @inline(__always)
    private static func start(_ bytes: UnsafeRawBufferPointer?) -> UnsafeMutableRawPointer? {
        guard let bytes else { return nil }
        return UnsafeMutableRawPointer(mutating: bytes.baseAddress) ?? emptyStart
    }

    private static func makeHeaders(_ headers: [RecordHeader]) throws(KafkaError) -> OpaquePointer {
        let list = rd_kafka_headers_new(headers.count)!
        for header in headers {
            let code = header.value.withOptionalBytes { start, count in
                rd_kafka_header_add(list, header.name, -1, start, count)
            }
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                rd_kafka_headers_destroy(list)
                throw KafkaError(code, doing: "adding the header \(header.name)")
            }
        }
        return list
    }
}

extension Optional<[UInt8]> {
    /// The bytes, or a null start for none; an empty array has a start all the same.
    fileprivate func withOptionalBytes<R>(_ body: (UnsafeRawPointer?, Int) -> R) -> R {
        guard let bytes = self else { return body(nil, 0) }
        if bytes.isEmpty { return withUnsafeBytes(of: UInt8(0)) { body($0.baseAddress, 0) } }
        return bytes.withUnsafeBytes { body($0.baseAddress, $0.count) }
    }
}
