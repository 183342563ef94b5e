import Postgres
import Streams

/// Dead letters as parameters.
struct DeadLetterRows {
    private var partitions = Int4ArrayBuilder()
    private var offsets = Int8ArrayBuilder()
    private var reasons = TextArrayBuilder()
    private var timestamps = TimestamptzArrayBuilder()
    private var keys = ByteaArrayBuilder()
    private var payloads = ByteaArrayBuilder()
    private var headers = TextArrayBuilder()

    var isEmpty: Bool { partitions.isEmpty }
    var byteCount: Int { keys.byteCount + payloads.byteCount + headers.byteCount }
    var parameters: [PostgresParameter] {
        [
            partitions.parameter, offsets.parameter, reasons.parameter, timestamps.parameter, keys.parameter,
            payloads.parameter, headers.parameter,
        ]
    }

    mutating func append(_ letter: DeadLetter, partition: Partition) {
        partitions.append(partition.rawValue)
        offsets.append(letter.offset.rawValue)
        reasons.append(letter.reason)
        // Outside these years a producer's timestamp is no moment that the column can hold.
        if (0..<4_102_444_800_000 * 2).contains(letter.timestampMilliseconds) {
            timestamps.append(unixMilliseconds: letter.timestampMilliseconds)
        } else {
            timestamps.appendNull()
        }
        if let key = letter.key { keys.append(key) } else { keys.appendNull() }
        if let payload = letter.payload { payloads.append(payload) } else { payloads.appendNull() }
        headers.append(HeaderText.json(letter.headers))
    }

    mutating func removeAll() { self = DeadLetterRows() }
}
