import Foundation
import Glibc
import Kafka
import LocalServers
import Schemas
import Streams

/// How long it takes from the event that crosses a threshold until a reader of committed records sees the signal.
extension Bench {
    struct SignalResult {
        /// One for each crossing, from the timestamp of the event that crosses to the arrival of its signal.
        var milliseconds: [Double] = []
        /// Crossings without a signal, and signals without a crossing.
        var missing = 0
        var surplus = 0
        var times: ProcessTimes
    }

    private static let partitions: Int32 = 16
    private static let campaigns: Int64 = 1_000
    private static let budgets: Int64 = 200
    private static let thresholds: [Int32] = [50, 80, 95, 100]
    /// A click of a thousandth of a dollar.
    private static let clickNanos: Int64 = 1_000_000

    private static func partition(_ campaign: Int64) -> Partition {
        Partition(Int32(truncatingIfNeeded: campaign % Int64(partitions)))
    }

    func signals(rate: Int64, seconds: Int64) async throws -> SignalResult {
        let topic = servers.uniqueName("bench_signal")
        for name in [topic, "\(topic)-budgets"] {
            try await sluice(["topics", "create", name, "--partitions", "\(Self.partitions)"])
        }
        try await sluice(["topics", "create", "\(topic)-signals", "--partitions", "1"])
        var job = try await job(topic)
        job.more = ["--budgets-topic", "\(topic)-budgets", "--signals-topic", "\(topic)-signals"]
        let kafka = KafkaClientConfiguration(
            bootstrapServers: servers.brokers.split(separator: ",").map(String.init), clientID: "sluice-benchmark")
        let expected = rate * seconds / Self.campaigns * Self.clickNanos
        try sendBudgets(kafka, "\(topic)-budgets", expected: expected)
        let process = try launch(job)
        defer { process.kill() }
        let arrivals = try SignalArrivals(kafka, topic: "\(topic)-signals")
        // Nothing but budgets is there to be committed.
        try wait(job, process, until: Self.budgets)
        let crossings = Crossings()
        let sender = Thread { crossings.result = Result { try Self.send(kafka, topic, rate, seconds, expected) } }
        sender.start()
        let deadline = Self.now() + Double(seconds) + 30
        while try !sender.isFinished || arrivals.seen.count < (crossings.result?.get().count ?? .max) {
            try arrivals.poll()
            guard Self.now() < deadline, process.isRunning else { break }
        }
        var result = SignalResult(times: ProcessTimes(pid: process.pid))
        let sent = try crossings.result?.get() ?? [:]
        for (crossing, moment) in sent {
            guard let arrival = arrivals.seen[crossing] else {
                result.missing += 1
                continue
            }
            result.milliseconds.append(arrival - Double(moment))
        }
        result.surplus = arrivals.seen.keys.filter { sent[$0] == nil }.count + arrivals.repeated
        process.signal(SIGTERM)
        try await process.wait(timeout: .seconds(30), killAfterwards: true)
        return result
    }

    /// The budget of a campaign: crossed early by some, late or never by others.
    private static func budget(_ campaign: Int64, expected: Int64) -> Int64 {
        expected * (30 + campaign * 130 / budgets) / 100
    }

    private func sendBudgets(_ kafka: KafkaClientConfiguration, _ topic: String, expected: Int64) throws {
        let producer = try KafkaProducer(configuration: kafka, settings: .init())
        for campaign in 0..<Self.budgets {
            let payload = CampaignBudgetWriter.encode(
                CampaignBudget(
                    campaignID: campaign, advertiserID: campaign / 5, currency: CurrencyCode("USD")!,
                    lifetimeBudgetNanos: Self.budget(campaign, expected: expected), version: 1))
            try payload.withUnsafeBytes { payload in
                try Array(String(campaign).utf8).withUnsafeBytes { key in
                    try producer.produce(
                        topic: topic, partition: Self.partition(campaign), key: key, value: payload)
                }
            }
        }
        try producer.flush(timeoutMilliseconds: 10_000)
    }

    /// Sends events evenly, and notes which of them crosses what.
    private static func send(
        _ kafka: KafkaClientConfiguration, _ topic: String, _ rate: Int64, _ seconds: Int64, _ expected: Int64
    ) throws -> [Crossing: Int64] {
        let producer = try KafkaProducer(configuration: kafka, settings: .init())
        var random = SystemRandomNumberGenerator()
        var spent = [Int64](repeating: 0, count: Int(campaigns))
        var crossings: [Crossing: Int64] = [:]
        var buffer = ByteBuffer(capacity: 256)
        let began = now()
        for number in 0..<(rate * seconds) {
            let due = began + Double(number) / Double(rate)
            while now() < due { producer.poll(timeoutMilliseconds: 1) }
            let campaign = Int64.random(in: 0..<campaigns, using: &random)
            let moment = unixMilliseconds()
            buffer.removeAll()
            AdEventWriter.append(
                AdEvent(
                    idHigh: random.next(), idLow: random.next(), idLength: 16, eventTimeMilliseconds: Int64(moment),
                    advertiserID: campaign / 5, campaignID: campaign, adGroupID: campaign % 3,
                    adID: Int64.random(in: 0..<8, using: &random), type: 2, pricing: 2, priceMicros: clickNanos / 1_000,
                    currency: CurrencyCode("USD")!, placement: Int32.random(in: 0..<4, using: &random),
                    country: 0x5553), to: &buffer)
            try producer.produce(
                topic: topic, partition: partition(campaign), timestampMilliseconds: Int64(moment),
                value: UnsafeRawBufferPointer(buffer.bytes))
            guard campaign < budgets else { continue }
            let before = spent[Int(campaign)]
            spent[Int(campaign)] += clickNanos
            let limit = budget(campaign, expected: expected)
            for threshold in thresholds
            where before * 100 < limit * Int64(threshold) && spent[Int(campaign)] * 100 >= limit * Int64(threshold) {
                crossings[Crossing(campaign: campaign, threshold: threshold)] = Int64(moment)
            }
        }
        try producer.flush(timeoutMilliseconds: 10_000)
        return crossings
    }

    private struct Crossing: Hashable {
        var campaign: Int64
        var threshold: Int32
    }

    /// What the sender hands over when its thread has ended.
    private final class Crossings: @unchecked Sendable {
        var result: Result<[Crossing: Int64], any Error>?
    }

    /// Reads the signals as they become visible: asks for the end of the topic's one partition every few milliseconds, and
    /// reads what is new. A consumer that waits would cost the local broker a core, because it answers empty fetches at
    /// once.
    private final class SignalArrivals {
        private let reader: KafkaRecordReader
        private let topic: String
        private var next = Offset(0)
        /// When each came, in milliseconds of Unix time.
        var seen: [Crossing: Double] = [:]
        var repeated = 0

        init(_ kafka: KafkaClientConfiguration, topic: String) throws {
            reader = try KafkaRecordReader(configuration: kafka)
            self.topic = topic
        }

        func poll() throws {
            let end = try reader.watermarkOffsets(topic: topic, partition: Partition(0), timeoutMilliseconds: 5_000)
                .high
            guard end > next else {
                usleep(5_000)
                return
            }
            try reader.forEach(topic: topic, partition: Partition(0), from: next, to: end) { record in
                guard let value = record.value, let signal = BudgetSignalReader.read(value) else { return }
                let crossing = Crossing(campaign: signal.campaignID, threshold: signal.thresholdPercent)
                if seen.updateValue(Bench.unixMilliseconds(), forKey: crossing) != nil { repeated += 1 }
            }
            next = end
        }
    }
}
