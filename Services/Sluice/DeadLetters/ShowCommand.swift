import ArgumentParser
import Schemas
import Streams

/// `sluice dead-letters show`: one letter with all that is known of it.
struct ShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows one dead letter: its bytes, its fields, its headers.")

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The topic. [SLUICE_KAFKA_TOPIC]")
    var topic: String?
    @Argument(help: "The letter as PARTITION:OFFSET.")
    var place: LetterPlaceArgument
    @Flag(help: "Write only the payload's bytes, as a file to correct and re-drive.")
    var payload = false

    func run() async throws {
        let store = DeadLetterStore(schemas: postgres.schemas, job: job.name, connection: try postgres.connect())
        let place = DeadLetterStore.Place(
            topic: topic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events", partition: place.partition,
            offset: place.offset)
        guard let letter = try store.letter(at: place) else {
            throw CommandFailure(
                .usage, "job \(job.name) has no dead letter \(place) (`sluice dead-letters list` shows those it has)")
        }
        if payload {
            Output.write(bytes: letter.payload ?? [])
        } else {
            Output.write(Self.text(letter))
        }
    }

    /// The letter as it is printed.
    static func text(_ letter: DeadLetterStore.Letter) -> String {
        func line(_ name: String, _ value: String) -> String {
            name + String(repeating: " ", count: max(1, 18 - name.count)) + TerminalText.safe(value) + "\n"
        }
        func instant(_ milliseconds: Int64?) -> String {
            milliseconds.map { Instant(milliseconds: $0).description } ?? "-"
        }
        var text = line("letter", letter.place.description) + line("reason", letter.reason)
        text += line("record timestamp", instant(letter.timestampMilliseconds))
        text += line("stored", instant(letter.storedAtMilliseconds))
        if letter.redrivenAtMilliseconds != nil {
            text += line("re-driven", instant(letter.redrivenAtMilliseconds))
            text += line("re-driven offset", letter.redrivenOffset.map { String($0) } ?? "-")
        }
        text += line("key", letter.key.map(bytes) ?? "null")
        for header in letter.headers { text += line("header \(header.name)", header.value.map(bytes) ?? "null") }
        guard let payload = letter.payload else { return text + line("payload", "null") }
        text += line("payload", "\(payload.count) bytes") + HexDump.text(payload)
        guard !payload.isEmpty else { return text }
        guard let fields = fields(of: payload) else { return text + line("fields", "the bytes do not decode") }
        for (name, value) in fields { text += line(name, value) }
        return text
    }

    /// Bytes that are readable as they are, others in hexadecimal.
    private static func bytes(_ bytes: [UInt8]) -> String {
        let isReadable = bytes.allSatisfy { (0x20...0x7E).contains($0) }
        return isReadable ? "\"" + String(decoding: bytes, as: UTF8.self) + "\"" : "0x" + HexDump.plain(bytes)
    }

    /// The event's fields; nil where the payload does not decode.
    static func fields(of payload: [UInt8]) -> [(name: String, value: String)]? {
        var event = AdEvent()
        guard payload.withUnsafeBytes({ AdEventReader.read($0, into: &event) }) else { return nil }
        let id =
            event.idLength == 16
            ? hexadecimal(event.idHigh) + hexadecimal(event.idLow) : "\(event.idLength) bytes instead of 16"
        let country = event.country == 0 ? [] : [UInt8(event.country >> 8), UInt8(event.country & 0xFF)]
        return [
            ("event_id", id),
            ("event_time_ms", "\(event.eventTimeMilliseconds) (\(time(event.eventTimeMilliseconds)))"),
            ("advertiser_id", String(event.advertiserID)), ("campaign_id", String(event.campaignID)),
            ("ad_group_id", String(event.adGroupID)), ("ad_id", String(event.adID)),
            ("type", "\(event.type) (\(event.eventType.map { "\($0)" } ?? "unknown"))"),
            ("pricing", "\(event.pricing) (\(event.pricingModel.map { "\($0)" } ?? "unknown"))"),
            ("price_micros", String(event.priceMicros)),
            ("currency", event.currency.isValid ? event.currency.description : "not three of A to Z"),
            ("placement", String(event.placement)), ("country", String(decoding: country, as: UTF8.self)),
            ("user_hash", hexadecimal(event.userHash)), ("invalid_reason", String(event.invalidReason)),
        ]
    }

    /// An instant that may be any number.
    private static func time(_ milliseconds: Int64) -> String {
        // Years of four digits; beyond them a date says nothing.
        (-62_135_596_800_000...253_402_300_799_999).contains(milliseconds)
            ? Instant(milliseconds: milliseconds).description : "no date"
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
