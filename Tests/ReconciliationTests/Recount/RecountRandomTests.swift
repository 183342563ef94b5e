import Reconciliation
import Streams
import TestKit
import Testing

/// Random logs against the references, with blocks and tables so small that everything overflows.
@Suite struct RecountRandomTests {
    static let limits = [
        RecountLimits(block: 1, rows: 1, letters: 1), .tiny, RecountLimits(block: 64, rows: 50, letters: 10),
        RecountLimits(block: 100_000),
    ]

    @Test(arguments: 1...25 as ClosedRange<UInt64>)
    func againstTheReferences(_ seed: UInt64) throws {
        let settings = RecountSettings(
            horizon: [0, 1, 20_000, 600_000][Int(seed % 4)], outOfOrderness: [0, 30_000][Int(seed % 2)])
        var events = RandomEvents(seed: seed, horizon: max(settings.horizonMilliseconds, 10))
        let entries = events.log(700)
        let reference = ReferenceJudge(
            horizonMilliseconds: settings.horizonMilliseconds,
            outOfOrdernessMilliseconds: settings.outOfOrdernessMilliseconds, decode: PlainJudge.decode
        ).judge(entries)
        let plain = PlainJudge(entries, partition: 2, settings)
        var outcomes: [RecountOutcome] = []
        for limits in Self.limits {
            let recount = try Recount(temporaryIn: "/tmp", settings: settings, limits: limits)
            try recount.advanceToEnd(of: ScriptedLog([2: entries]))
            let state = try #require(recount.partitions.first)
            #expect(state.duplicates == reference.duplicates)
            #expect(state.late == reference.late)
            #expect(state.invalid == reference.invalid)
            #expect(state.records == reference.records)
            #expect(state.streamTime == reference.streamTimeMilliseconds)
            #expect(try recount.allRows(.minute).map(\.contractRow) == reference.rows)
            let letters = try recount.allLetters().map {
                ContractVector.DeadLetter(offset: $0.offset, reason: $0.fault.code)
            }
            #expect(letters == reference.deadLetters)
            outcomes.append(try RecountOutcome(recount))
        }
        let rows = plain.rows.map { SpendRow(key: $0.key, counts: $0.value) }.sorted { $0.key < $1.key }
        for outcome in outcomes { #expect(outcome == outcomes[0] && outcome.rows == rows) }
        try check(outcomes[0], plain, settings)
        try checkTrace(entries, plain, settings)
        #expect(reference.duplicates > 5 && reference.deadLetters.count > 20 && reference.invalid > 5)
    }

    /// Repeats beyond the horizon and touched hours follow from the verdicts.
    private func check(_ outcome: RecountOutcome, _ plain: PlainJudge, _ settings: RecountSettings) throws {
        let again = plain.verdicts.compactMap { offset, verdict in
            if case .countedAgain(let earlier, let gap, _) = verdict { [offset, earlier, gap] } else { nil }
        }
        let found = outcome.repeats.first.filter { $0.counts?.invalidEvents == 0 }
        #expect(found.map { [$0.offset, $0.earlierOffset, $0.gapMilliseconds] } == again)
        #expect(again.count > 3)
        #expect(outcome.repeats.count == Int64(outcome.repeats.first.count))
        let nanos = outcome.repeats.first.reduce(into: [:]) {
            $0[$1.row!.currencyText, default: 0] += $1.counts!.spendNanos
        }
        #expect(outcome.repeats.nanosByCurrency == nanos)
        #expect(
            outcome.hours == Set(plain.rows.keys.filter { $0.level == SpendLevel.hour.rawValue }.map(\.start)))
    }

    private func checkTrace(
        _ entries: [SimulatedLog.Entry], _ plain: PlainJudge, _ settings: RecountSettings
    ) throws {
        for block in [1, 13, 10_000] {
            var seen: [(Int64, EventVerdict)] = []
            let log = ScriptedLog([2: entries])
            try EventTrace.run(
                Partition(2), in: log, from: log.bounds(of: Partition(2)).start, to: log.bounds(of: Partition(2)).end,
                settings: settings, limits: RecountLimits(block: block), wants: { _ in true },
                body: { seen.append(($0.offset, $1)) })
            #expect(seen.elementsEqual(plain.verdicts) { $0.0 == $1.offset && $0.1 == $1.verdict })
        }
    }

    @Test func holesAreCountedAndListed() throws {
        var events = RandomEvents(seed: 8, horizon: 1_000)
        let kept = events.log(400).filter { $0.offset.rawValue % 3 == 0 }
        let log = ScriptedLog([0: kept])
        log.starts[0] = 0
        log.ends[0] = kept.last!.offset.rawValue + 50
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: .tiny)
        try recount.advanceToEnd(of: log)
        let state = recount.partitions[0]
        let present = Set(kept.map(\.offset.rawValue))
        #expect(state.start == 0 && state.next == log.ends[0])
        #expect(state.skipped == log.ends[0]! - Int64(kept.count))
        #expect(state.holes.count == 100)
        for hole in state.holes {
            #expect(hole.count == 2 && (hole[0]...hole[1]).allSatisfy { !present.contains($0) })
            #expect(hole[0] == 0 || present.contains(hole[0] - 1))
            #expect(present.contains(hole[1] + 1))
        }
    }

    @Test func theHashSeesEveryChange() throws {
        func hash(_ entries: [SimulatedLog.Entry], block: Int = 3) throws -> UInt64 {
            let recount = try Recount(
                temporaryIn: "/tmp", settings: RecountSettings(), limits: RecountLimits(block: block))
            try recount.advanceToEnd(of: ScriptedLog([0: entries]))
            return recount.partitions[0].contentHash
        }
        let payload = (0..<40).map { UInt8($0) }
        var logs: [[SimulatedLog.Entry]] = []
        for length in [0, 1, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 40] {
            let base = SimulatedLog.Entry(
                offset: Offset(5), timestampMilliseconds: 7, key: nil, value: Array(payload.prefix(length)))
            logs.append([base])
            for byte in 0..<length {
                var changed = base
                changed.value![byte] ^= 0x80
                logs.append([changed])
            }
            var keyed = base
            keyed.key = base.value
            keyed.value = nil
            logs.append([keyed])
            var both = keyed
            both.value = []
            logs.append([both])
        }
        var other = logs[0][0]
        other.offset = Offset(6)
        logs.append([other])
        other = logs[0][0]
        other.timestampMilliseconds = 8
        logs.append([other])
        logs.append([logs[0][0], other])
        logs[logs.count - 1][1].offset = Offset(6)
        let hashes = try logs.map { try hash($0) }
        #expect(Set(hashes).count == Set(logs.map { "\($0)" }).count)
        #expect(try logs.map { try hash($0, block: 1) } == hashes)
    }
}
