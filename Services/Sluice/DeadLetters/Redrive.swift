import Kafka
import Postgres
import Streams

/// Sends stored records again to the topic that they came from.
///
/// One letter at a time, in a transaction that holds its row: send, wait until Kafka has it, find its offset, mark the
/// letter, commit. Two operators cannot send the same letter at once. A crash between Kafka's answer and the commit
/// leaves one record sent and its letter unmarked, so that it may be sent a second time: where the record is by then
/// an event that counts, deduplication by its id takes the second one away (within the horizon); where it is not, the
/// second becomes another dead letter, and nothing is counted twice either.
struct Redrive {
    /// What became of a letter.
    enum Outcome: Equatable {
        /// Its record is in the log again; the offset is nil where it was not found there.
        case sent(offset: Int64?)
        /// It has been re-driven already.
        case alreadyDone
        /// It is not there, or somebody else is re-driving it now.
        case unavailable
    }

    let store: DeadLetterStore
    private let producer: KafkaProducer
    private let reader: KafkaRecordReader

    init(store: DeadLetterStore, kafka: KafkaClientConfiguration) throws {
        self.store = store
        producer = try KafkaProducer(
            configuration: kafka,
            settings: KafkaProducer.Settings(lingerMilliseconds: 0, messageTimeoutMilliseconds: 20_000))
        reader = try KafkaRecordReader(configuration: kafka)
    }

    /// Re-drives one letter.
    ///
    /// - Parameters:
    ///   - payload: what to send instead of the stored payload; nil sends what is stored.
    ///   - again: also where it has been re-driven before.
    func redrive(_ place: DeadLetterStore.Place, payload: [UInt8]?, again: Bool) throws -> Outcome {
        let connection = store.connection
        try connection.execute("BEGIN")
        do {
            let outcome = try sendAndMark(place, payload: payload, again: again)
            try connection.execute("COMMIT")
            return outcome
        } catch {
            // What failed is reported; a rollback that fails as well adds nothing to it.
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private func sendAndMark(_ place: DeadLetterStore.Place, payload: [UInt8]?, again: Bool) throws -> Outcome {
        guard let letter = try store.letter(at: place, locking: true) else { return .unavailable }
        guard letter.redrivenAtMilliseconds == nil || again else { return .alreadyDone }
        let value = payload ?? letter.payload
        let before = try reader.watermarkOffsets(
            topic: place.topic, partition: Partition(place.partition), timeoutMilliseconds: 10_000
        ).high
        try letter.key.withOptionalBytes { key in
            try value.withOptionalBytes { value in
                try producer.produce(
                    topic: place.topic, partition: Partition(place.partition),
                    timestampMilliseconds: letter.timestampMilliseconds, key: key, value: value,
                    headers: letter.headers)
            }
        }
        try producer.flush(timeoutMilliseconds: 25_000)
        let offset = try find(letter, value: value, from: before)
        try store.markRedriven(letter, offset: offset)
        return .sent(offset: offset)
    }

    /// Where the record is: the first one from `start` on with the same key, payload, headers and timestamp. Another
    /// producer may have written between; a record equal in all of these is as good as ours.
    private func find(_ letter: DeadLetterStore.Letter, value: [UInt8]?, from start: Offset) throws -> Int64? {
        let partition = Partition(letter.place.partition)
        let end = try reader.watermarkOffsets(
            topic: letter.place.topic, partition: partition, timeoutMilliseconds: 10_000
        ).high
        var found: Int64?
        try reader.forEach(
            topic: letter.place.topic, partition: partition, from: start, to: end, stallTimeoutMilliseconds: 20_000
        ) { record in
            guard found == nil else { return }
            let stored = KafkaStoredRecord(copying: record)
            let isSame =
                stored.key == letter.key && stored.value == value && stored.headers == letter.headers
                && (letter.timestampMilliseconds ?? 0 == 0
                    || stored.timestampMilliseconds == letter.timestampMilliseconds)
            if isSame { found = stored.offset.rawValue }
        }
        return found
    }
}

extension Optional<[UInt8]> {
    /// The bytes for the time of the call; nil for none, and an empty buffer for no bytes.
    fileprivate func withOptionalBytes(_ body: (UnsafeRawBufferPointer?) throws -> Void) rethrows {
        guard let bytes = self else { return try body(nil) }
        try bytes.withUnsafeBytes { try body($0) }
    }
}
