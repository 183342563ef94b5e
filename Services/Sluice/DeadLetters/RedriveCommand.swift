import ArgumentParser
import Glibc

/// `sluice dead-letters redrive`: sends stored records again.
struct RedriveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "redrive",
        abstract: "Sends the records of dead letters to their topic again.",
        discussion: """
            Each record goes to the partition it came from, with its key, payload, headers and timestamp; a re-driven \
            record counts, or becomes a dead letter again, at its new offset. The letter is marked with the time and \
            the new offset.

            What is promised: each letter that is marked has been written to Kafka. A crash between Kafka's answer \
            and the mark may send one record twice. If it is an event that counts, deduplication by its id takes the \
            second one away; if it cannot be counted, both become dead letters. Nothing is charged twice. A letter \
            that is re-driven only after the horizon has passed can, however, count beside a good copy that came \
            earlier under the same id.
            """)

    @OptionGroup var postgres: PostgresOptions
    @OptionGroup var kafka: KafkaOptions
    @OptionGroup var job: JobOptions
    @Option(help: "The topic. [SLUICE_KAFKA_TOPIC]")
    var topic: String?
    @Argument(help: "Letters as PARTITION:OFFSET.")
    var places: [LetterPlaceArgument] = []
    @Option(help: "All pending letters with this reason.")
    var reason: String?
    @Option(help: "All pending letters of this partition.")
    var partition: Int32?
    @Flag(help: "All pending letters.")
    var all = false
    @Option(help: "How many letters at most.")
    var limit = 100
    @Option(help: "Send the bytes of this file instead of the stored payload; for one letter.")
    var payloadFile: String?
    @Flag(help: "Also letters that have been re-driven before; only with letters named one by one.")
    var again = false
    @Flag(help: "Only say what would be sent.")
    var dryRun = false

    func run() async throws {
        let payload = try checkedPayload()
        let store = DeadLetterStore(schemas: postgres.schemas, job: job.name, connection: try postgres.connect())
        let topic = topic ?? Environment.value("SLUICE_KAFKA_TOPIC") ?? "ad-events"
        let chosen: [DeadLetterStore.Place]
        if places.isEmpty {
            chosen = try store.places(
                DeadLetterStore.Filter(topic: topic, reason: reason, partition: partition, isRedriven: false),
                limit: limit)
        } else {
            chosen = places.prefix(limit).map {
                DeadLetterStore.Place(topic: topic, partition: $0.partition, offset: $0.offset)
            }
        }
        guard !dryRun else {
            for place in chosen { Output.write("would send \(place)\n") }
            Output.write("\(chosen.count) letters, nothing was sent\n")
            return
        }
        try await send(chosen, payload: payload, store: store)
    }

    private func send(
        _ chosen: [DeadLetterStore.Place], payload: [UInt8]?, store: DeadLetterStore
    ) async throws {
        let redrive = try Redrive(store: store, kafka: kafka.configuration())
        Interruption.install()
        var sent = 0
        var unavailable: [DeadLetterStore.Place] = []
        for place in chosen {
            guard !Interruption.isRequested else {
                throw CommandFailure(.interrupted, "interrupted after \(sent) of \(chosen.count) letters")
            }
            switch try redrive.redrive(place, payload: payload, again: again) {
            case .sent(let offset):
                sent += 1
                Output.write("sent \(place) again, as offset \(offset.map { String($0) } ?? "unknown")\n")
            case .alreadyDone:
                Output.write("left \(place): it has been re-driven before (--again sends it all the same)\n")
            case .unavailable:
                unavailable.append(place)
            }
        }
        Output.write("\(sent) of \(chosen.count) letters re-driven\n")
        if let first = unavailable.first, !places.isEmpty {
            throw CommandFailure(
                .usage,
                "\(unavailable.count) letters are not there or being re-driven by somebody else, the first is \(first)")
        }
    }

    /// The payload to send instead; also checks that the options go together.
    private func checkedPayload() throws -> [UInt8]? {
        let filters = reason != nil || partition != nil || all
        guard !places.isEmpty || filters else {
            throw CommandFailure(
                .usage, "say which letters: PARTITION:OFFSET, --reason, --partition, or --all for all that are pending")
        }
        guard places.isEmpty || !filters else {
            throw CommandFailure(.usage, "letters named one by one exclude --reason, --partition and --all")
        }
        guard (1...1_000_000).contains(limit) else {
            throw CommandFailure(.usage, "--limit must be from 1 to 1000000")
        }
        guard !again || !places.isEmpty else {
            throw CommandFailure(.usage, "--again needs the letters to be named one by one")
        }
        guard let payloadFile else { return nil }
        guard places.count == 1 else { throw CommandFailure(.usage, "--payload-file is for exactly one letter") }
        return try Self.bytes(ofFile: payloadFile)
    }

    private static func bytes(ofFile path: String) throws -> [UInt8] {
        guard let file = fopen(path, "re") else {
            throw CommandFailure(.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        // No broker takes more by default.
        var bytes = [UInt8](repeating: 0, count: 1_000_001)
        let count = fread(&bytes, 1, bytes.count, file)
        guard ferror(file) == 0 else { throw CommandFailure(.dependency, "cannot read \(path)") }
        guard count <= 1_000_000 else { throw CommandFailure(.usage, "\(path) is larger than 1,000,000 bytes") }
        return Array(bytes[..<count])
    }
}
