import Glibc
import Schemas
import Streams
import TestKit

@testable import Sluice

/// Any bytes as a truth: refused with an error that names the file, or rows in their order.
func fuzzTruthFile(_ bytes: UnsafeRawBufferPointer) {
    file.replace(with: bytes)
    do {
        let reader = try TruthReader(path: file.path)
        require(
            reader.records >= 0 || reader.partitions.values.contains { $0.records < 0 }, "\(reader.records) records")
        var last: TruthKeeper.RowKey?
        while let row = try reader.nextRow() {
            if let last { require(last < row.key, "out of order: \(row.key)") }
            last = row.key
        }
        require(try reader.nextRow() == nil, "a row behind the last one")
    } catch let failure as CommandFailure {
        require(failure.code == .usage && failure.message.contains(file.path), "\(failure)")
    } catch {
        require(false, "not an error of ours: \(error)")
    }
}

private let file = MemoryFile("truth")

/// Records as the generator means them: the truth that it keeps of them is that of the judge, which reads their bytes;
/// and written and read it is the same.
func fuzzTruth(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    var rules = TruthRules()
    rules.horizonMilliseconds = input.choice([0, 1_000, 600_000])
    rules.outOfOrdernessMilliseconds = input.choice([0, 5_000, 30_000])
    var keeper = TruthKeeper(rules: rules)
    var encoder = RecordEncoder()
    let log = SimulatedLog(topic: "t")
    while !input.isEmpty {
        let record = record(&input)
        keeper.observe(record)
        encoder.withPayload(of: record) { payload in
            _ = log.append(
                to: Partition(record.partition), timestampMilliseconds: record.timestampMilliseconds,
                value: payload.map { Array($0) })
        }
    }
    requireJudged(keeper, log)
    requireWrittenAndRead(keeper, topic: "t")
}

private func requireJudged(_ keeper: TruthKeeper, _ log: SimulatedLog) {
    let judge = ReferenceJudge(
        horizonMilliseconds: keeper.rules.horizonMilliseconds,
        outOfOrdernessMilliseconds: keeper.rules.outOfOrdernessMilliseconds)
    var rows: [TruthKeeper.RowKey: TruthKeeper.Row] = [:]
    for (partition, totals) in keeper.partitions {
        let verdict = judge.judge(log.entries(Partition(partition)))
        require(
            verdict.records == totals.records && verdict.duplicates == totals.duplicates
                && verdict.late == totals.lateEvents && verdict.invalid == totals.invalidEvents
                && verdict.streamTimeMilliseconds == totals.streamTimeMilliseconds, "\(totals) instead of \(verdict)")
        let letters = keeper.deadLetters.filter { $0.partition == partition }
        require(
            letters.map(\.offset) == verdict.deadLetters.map(\.offset)
                && letters.map(\.reason.rawValue) == verdict.deadLetters.map(\.reason),
            "\(letters) instead of \(verdict.deadLetters)")
        for row in verdict.rows {
            let key = TruthKeeper.RowKey(
                advertiser: row.advertiserID, campaign: row.campaignID, minuteMilliseconds: row.minuteMilliseconds,
                currency: row.currency)
            var sum = rows[key] ?? TruthKeeper.Row()
            sum.impressions += row.impressions
            sum.clicks += row.clicks
            sum.conversions += row.conversions
            sum.videoViews += row.videoViews
            sum.invalidEvents += row.invalidEvents
            sum.spendNanos += row.spendNanos
            sum.lateEvents += row.lateEvents
            rows[key] = sum
        }
    }
    require(rows == keeper.rows, "\(keeper.rows) instead of \(rows)")
}

private func requireWrittenAndRead(_ keeper: TruthKeeper, topic: String) {
    do {
        let path = MemoryFolder.file("truth.tsv")
        try keeper.write(to: path, topic: topic)
        let reader = try TruthReader(path: path)
        require(
            reader.topic == topic && reader.rules == keeper.rules && reader.partitions == keeper.partitions
                && reader.records == keeper.records, "another truth is read")
        let letters = keeper.deadLetters.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        require(reader.deadLetters == letters, "other dead letters are read")
        var rows: [TruthKeeper.RowKey: TruthKeeper.Row] = [:]
        while let row = try reader.nextRow() { rows[row.key] = row.row }
        require(rows == keeper.rows, "other rows are read")
    } catch {
        require(false, "\(error)")
    }
}

private func record(_ input: inout FuzzInput) -> GeneratedRecord {
    let start: Int64 = 1_767_225_600_000
    var record = GeneratedRecord()
    let shape = input.byte()
    record.partition = Int32(shape >> 6 % 2)
    record.timestampMilliseconds = shape & 32 == 0 ? start + input.int16() * 20 : -1
    switch shape % 16 {
    case 0: record.payload = .null
    case 1: record.payload = .empty
    case 2: record.payload = .undecodable(input.choice(PayloadModel.Damage.allCases))
    default: break
    }
    let kinds = input.byte()
    record.event.idHigh = UInt64(input.byte())
    record.event.idByteCount = kinds & 1 == 0 ? 16 : Int(input.byte() % 32)
    record.event.eventTimeMilliseconds = kinds & 2 == 0 ? start + input.int16() * 20 : input.int64()
    let numbers = input.byte()
    record.event.type = Int32(numbers % 6)
    record.event.pricing = Int32(numbers / 6 % 6)
    record.event.advertiser = Int64(input.byte() % 3)
    record.event.campaign = Int64(Int8(bitPattern: input.byte()))
    record.event.priceMicros = kinds & 4 == 0 ? Int64(input.byte()) : input.choice([-1, 1_000_000_000_000, .max])
    record.event.currency = kinds & 8 == 0 ? "USD" : input.choice(["EUR", "usd", "", "US", "USDX"])
    record.event.invalidReason = kinds & 16 == 0 ? 0 : Int32(input.byte() % 3)
    return record
}
