import Kafka
import Streams

/// The transactional producer of one turn in office. One failure, and it is released: what became of its transaction is
/// settled by the next one, which takes the same transactional id, and read from the positions topic. Confined to the
/// relay's thread.
final class OutboxPublisher {
    private let settings: OutboxRelay.Settings
    private let partitions: Int32
    private let producer: KafkaProducer
    private let probe: (any OutboxProbe)?
    /// From the beginning of a transaction to the answer to its commit.
    private var isOpen = false

    /// - Parameter partitions: how many the output's topic has.
    init(
        _ configuration: KafkaClientConfiguration, _ settings: OutboxRelay.Settings, partitions: Int32,
        probe: (any OutboxProbe)?
    ) throws(KafkaError) {
        self.settings = settings
        self.partitions = max(partitions, 1)
        self.probe = probe
        producer = try KafkaProducer(
            configuration: configuration,
            settings: .init(
                transactionalID: settings.transactionalID,
                queueFullTimeoutMilliseconds: settings.commitTimeoutMilliseconds,
                transactionTimeoutMilliseconds: settings.transactionTimeoutMilliseconds))
    }

    deinit {
        // librdkafka 2.0.2 fails an assertion in rd_kafka_txn_handle_AddPartitionsToTxn, and the process with it, when
        // it is destroyed with partitions that it is about to make part of the transaction. What is delivered here is
        // aborted by the next producer.
        if isOpen { try? producer.flush(timeoutMilliseconds: 1_000) }
    }

    /// Fences whoever has the transactional id, and settles its transaction: aborted, or committed and visible.
    /// - Parameter isStopped: asked now and then; true ends the waiting.
    func fence(isStopped: () -> Bool) throws(OutboxFailure) {
        try pass(.fence, .before)
        let deadline = Monitor.monotonicMilliseconds() + Int64(settings.transactionTimeoutMilliseconds)
        while true {
            do throws(KafkaError) {
                try producer.initTransactions(timeoutMilliseconds: 2_000)
                break
            } catch {
                // An unfinished call is taken up by the next one.
                guard error.isRetriable, !error.isFatal, !isStopped(), Monitor.monotonicMilliseconds() < deadline
                else { throw failure(error) }
            }
        }
        try pass(.fence, .after)
    }

    /// Publishes a batch with its positions, in one transaction.
    func publish(_ batch: OutboxBatch) throws(OutboxFailure) {
        try begin()
        try produce(batch.records)
        try produce(batch.positions)
        try commit()
    }

    #if SLUICE_MUTANTS
        /// Messages in one transaction, positions in a second one.
        func publishApart(_ batch: OutboxBatch) throws(OutboxFailure) {
            try begin()
            try produce(batch.records)
            try commit()
            try begin()
            try produce(batch.positions)
            try commit()
        }
    #endif

    private func begin() throws(OutboxFailure) {
        try pass(.begin, .before)
        try attempt { () throws(KafkaError) in try producer.beginTransaction() }
        isOpen = true
        try pass(.begin, .after)
    }

    private func produce(_ records: [OutboxRecord]) throws(OutboxFailure) {
        try pass(.produce, .before)
        for record in records {
            try produce(
                settings.topic, Partition(Int32(UInt32(bitPattern: record.lane) % UInt32(partitions))), record.key,
                record.value, record.headers)
        }
        try pass(.produce, .after)
    }

    private func produce(_ positions: [Int32: OutboxPosition]) throws(OutboxFailure) {
        try pass(.position, .before)
        for (lane, position) in positions.sorted(by: { $0.key < $1.key }) {
            let headers = position.writtenAtMilliseconds.map {
                [RecordHeader(name: OutboxPosition.writtenAtHeader, value: Array(String($0).utf8))]
            }
            try produce(
                settings.positionsTopic, OutboxTopics.positionsPartition,
                OutboxTopics.positionKey(output: settings.output, lane: lane), Array(String(position.sequence).utf8),
                headers ?? [])
        }
        try pass(.position, .after)
    }

    private func commit() throws(OutboxFailure) {
        try pass(.commit, .before)
        try attempt { () throws(KafkaError) in
            try producer.commitTransaction(timeoutMilliseconds: settings.commitTimeoutMilliseconds)
        }
        isOpen = false
        try pass(.commit, .after)
    }

    private func produce(
        _ topic: String, _ partition: Partition, _ key: [UInt8], _ value: [UInt8], _ headers: [RecordHeader]
    ) throws(OutboxFailure) {
        // The array's method does not pass a typed error on, hence the result.
        let result = key.withUnsafeBytes { keyBytes in
            value.withUnsafeBytes { valueBytes in
                Result { () throws(KafkaError) in
                    try producer.produce(
                        topic: topic, partition: partition, key: keyBytes, value: valueBytes, headers: headers)
                }
            }
        }
        try attempt { () throws(KafkaError) in try result.get() }
    }

    private func attempt(_ body: () throws(KafkaError) -> Void) throws(OutboxFailure) {
        do throws(KafkaError) { try body() } catch { throw failure(error) }
    }

    /// Fenced where that is why the client cannot be used any more.
    private func failure(_ error: KafkaError) -> OutboxFailure {
        let cause = producer.fatalError ?? error
        return cause.isFencedProducer ? .fenced(cause) : .kafka(cause)
    }

    private func pass(_ step: OutboxStep, _ moment: StepMoment) throws(OutboxFailure) {
        guard let probe else { return }
        do throws(OutboxAbandoned) { try probe.reached(step, moment) } catch { throw .abandoned }
    }
}
