import Schemas
import SpendAggregatorJob
import Streams
import TestKit

/// A log cut from the input through the pipeline that the service runs: once in one batch and one checkpoint, once in
/// batches, checkpoints and restarts as the input says. Both must come out as the independent judge says, every record
/// must be accounted for, and each dead letter must hold its record whole.
func fuzzPipeline(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let settings = StreamSettings(
        horizonMilliseconds: input.choice([0, 1, 1_000, 20_000, 600_000]),
        outOfOrdernessMilliseconds: input.choice([0, 1, 5_000, 30_000]))
    var cuts = FuzzedCuts(&input)
    let log = SimulatedLog(topic: "ad-events")
    var records = FuzzedRecords()
    while !input.isEmpty { log.append(records.next(&input), to: Partition(0)) }

    let judge = ReferenceJudge(
        horizonMilliseconds: settings.horizonMilliseconds,
        outOfOrdernessMilliseconds: settings.outOfOrdernessMilliseconds,
        decode: { $0.withUnsafeBytes { readEvent($0) } })
    let entries = log.entries(Partition(0))
    let expected = judge.judge(entries)

    let whole = drive(log, settings) { driver in
        driver.readAll()
        driver.cut()
    }
    requireVerdict(of: whole, settings, is: expected, "one batch")
    requireLetters(of: whole, in: entries)

    let parts = drive(log, settings) { driver in
        while driver.read(cuts.batch()) {
            if cuts.isCut(), driver.cut(), cuts.isRestart() { require(restarts(driver), "no restart") }
        }
        driver.cut()
    }
    requireVerdict(of: parts, settings, is: expected, "\(parts.restarts) restarts")
    requireLetters(of: parts, in: entries)
    require(parts.database.audit().isEmpty, "\(parts.database.audit())")
}

private typealias Driver = PipelineDriver<SpendLogic, SpendTables>

private func drive(_ log: SimulatedLog, _ settings: StreamSettings, _ body: (Driver) -> Void) -> Driver {
    let driver = Driver(logic: SpendLogic(), settings: settings, tables: SpendTables(), log: log)
    do {
        try driver.start()
    } catch {
        require(false, "the start failed: \(error)")
    }
    body(driver)
    require(driver.stopReason == nil, "stopped: \(String(describing: driver.stopReason))")
    return driver
}

private func restarts(_ driver: Driver) -> Bool {
    do {
        try driver.restart()
        return true
    } catch {
        return false
    }
}

private func requireVerdict(
    of driver: Driver, _ settings: StreamSettings, is expected: ReferenceJudge.Verdict, _ how: String
) {
    let found = verdict(of: driver.database, driver.partition)
        .with(streamTime: driver.progress.streamTime, outOfOrderness: settings.outOfOrdernessMilliseconds)
    require(found == expected, "\(how): \(found) instead of \(expected)")
    let counted = found.rows.reduce(0) {
        $0 + $1.impressions + $1.clicks + $1.conversions + $1.videoViews + $1.invalidEvents
    }
    let counters = driver.progress.counters
    require(
        counters.records == counted + counters.duplicates + counters.deadLetters,
        "\(how): records that are not accounted for: \(counters), \(counted) in rows")
    require(counters.deadLetters == Int64(found.deadLetters.count), "\(how): dead letters")
}

private func requireLetters(of driver: Driver, in entries: [SimulatedLog.Entry]) {
    var place = entries.startIndex
    for letter in driver.database.deadLetters(of: driver.partition) {
        while entries[place].offset != letter.offset { place += 1 }
        let entry = entries[place]
        require(
            letter.payload == entry.value && letter.key == entry.key && letter.headers == entry.headers
                && letter.timestampMilliseconds == entry.timestampMilliseconds, "the letter at \(letter.offset)")
    }
}

/// How the log is cut into batches: sixteen decisions from the input, over and over.
private struct FuzzedCuts {
    private let decisions: [UInt8]
    private var place = 0

    init(_ input: inout FuzzInput) { decisions = input.bytes(16) + [7] }

    private mutating func next() -> UInt8 {
        place = (place + 1) % decisions.count
        return decisions[place]
    }
    mutating func batch() -> Int { Int(next() % 16) + 1 }
    mutating func isCut() -> Bool { next() % 2 == 1 }
    mutating func isRestart() -> Bool { next() % 4 == 1 }
}

/// Records as they come into a log: sound events, damaged ones, bytes as they are; repeats; absent timestamps; gaps.
private struct FuzzedRecords {
    private static let start: Int64 = 1_767_225_600_000
    private var offset: Int64 = 0
    private var sent: [[UInt8]] = []

    mutating func next(_ input: inout FuzzInput) -> SimulatedLog.Entry {
        let shape = input.byte()
        if shape & 0x80 != 0 { offset += Int64(input.byte() % 16) }
        defer { offset += 1 }
        var entry = SimulatedLog.Entry(offset: Offset(offset), timestampMilliseconds: timestamp(&input), value: nil)
        if shape & 0x40 != 0 {
            entry.key = input.run()
            entry.headers = [RecordHeader(name: input.text(), value: input.byte() % 2 == 0 ? nil : input.run())]
        }
        switch shape % 8 {
        case 0: entry.value = nil
        case 1: entry.value = []
        case 2: entry.value = input.run()
        case 3: entry.value = sent.isEmpty ? [] : input.choice(sent.suffix(256))
        default: entry.value = event(&input).payload
        }
        if let value = entry.value { sent.append(value) }
        return entry
    }

    private func timestamp(_ input: inout FuzzInput) -> Int64 {
        switch input.byte() % 8 {
        case 0: -1
        case 1: input.int64()
        default: Self.start + input.int16() * 20
        }
    }

    private func event(_ input: inout FuzzInput) -> ContractEvent {
        var event = ContractEvent()
        let kinds = input.byte()
        event.eventID = [UInt8](repeating: input.byte(), count: kinds & 1 == 0 ? 16 : Int(input.byte() % 20))
        event.eventTimeMilliseconds = kinds & 2 == 0 ? Self.start + input.int16() * 20 : input.int64()
        let numbers = input.byte()
        event.type = Int32(numbers % 6)
        event.pricing = Int32(numbers / 6 % 6)
        event.advertiserID = Int64(input.byte() % 3)
        event.campaignID = kinds & 4 == 0 ? Int64(input.byte() % 4) : input.int64()
        event.priceMicros = kinds & 8 == 0 ? input.int16() : input.choice([1_000_000_000_000, 1_000_000_000_001, .max])
        event.currency = kinds & 16 == 0 ? "USD" : input.choice(["EUR", "usd", "", "US", "USDX", "A\0B"])
        event.invalidReason = kinds & 32 == 0 ? 0 : Int32(input.byte() % 3)
        return event
    }
}
