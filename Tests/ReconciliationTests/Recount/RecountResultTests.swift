import Reconciliation
import Streams
import TestKit
import Testing

/// Ranges, retention, repeats, limits, and what a log may do wrong.
@Suite struct RecountResultTests {
    static let base: Int64 = 1_700_000_000_000 / 3_600_000 * 3_600_000

    /// An impression of 1 micro at `time` milliseconds after a full hour, with an id of one byte.
    static func entry(
        _ offset: Int64, id: UInt8, time: Int64, invalid: Int32 = 0, currency: String = "USD"
    ) -> SimulatedLog.Entry {
        var event = ContractEvent()
        event.eventID = [UInt8](repeating: 0, count: 15) + [id]
        event.eventTimeMilliseconds = base + time
        event.advertiserID = 1
        event.campaignID = 2
        event.type = 1
        event.pricing = 1
        event.priceMicros = 1
        event.currency = currency
        event.invalidReason = invalid
        return .init(offset: Offset(offset), timestampMilliseconds: -1, value: event.payload)
    }

    static func recount(
        _ log: ScriptedLog, _ settings: RecountSettings = RecountSettings(), _ limits: RecountLimits = .tiny
    ) throws -> Recount {
        let recount = try Recount(temporaryIn: "/tmp", settings: settings, limits: limits)
        try recount.advanceToEnd(of: log)
        return recount
    }

    @Test func rowsOfARange() throws {
        let entries = (0..<200).map { Self.entry(Int64($0), id: UInt8($0), time: Int64($0) * 61_000) }
        let recount = try Self.recount(ScriptedLog([0: entries]))
        let all = try recount.allRows(.minute)
        #expect(all.count == 200)
        for (from, to) in [(0, 60_000), (60_000, 600_001), (1, 59_999), (5_000_000, 6_000_000), (9, 1 << 40)] {
            let range = (Self.base + Int64(from))..<(Self.base + Int64(to))
            let rows = try recount.allRows(.minute, from: range.lowerBound, to: range.upperBound)
            #expect(rows == all.filter { range.contains($0.key.start) })
            #expect(
                try recount.allRows(.minute, from: range.lowerBound) == all.filter { $0.key.start >= range.lowerBound })
            #expect(
                try recount.allRows(.minute, to: range.upperBound) == all.filter { $0.key.start < range.upperBound })
        }
        #expect(try recount.allRows(.hour).count == 4)
        #expect(try recount.allRows(.hour, from: Self.base + 1).count == 3)
        #expect(try recount.allRows(.lifetime).map(\.counts.impressions) == [200])
        let error = #expect(throws: RecountError.self) { try recount.rows(.day) }
        #expect(error?.code == .usage)
    }

    @Test func aStreamHoldsWhatWasJudgedBefore() throws {
        let entries = (0..<200).map { Self.entry(Int64($0), id: UInt8($0), time: Int64($0) * 61_000) }
        let log = ScriptedLog([0: entries])
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: .tiny)
        try recount.advance(Partition(0), in: log, to: Offset(100))
        let rows = try recount.rows(.minute)
        _ = try rows.next()
        try recount.advance(Partition(0), in: log, to: Offset(200))
        try recount.checkpoint()
        var count = 1
        while try rows.next() != nil { count += 1 }
        #expect(count == 100)
    }

    @Test func droppedMinutesStayInTheOtherLevels() throws {
        let folder = RecountFolder()
        let first = (0..<100).map { Self.entry(Int64($0), id: UInt8($0), time: Int64($0) * 61_000) }
        // After the drop: one more in a minute that is gone, one in a minute that is not.
        let more = [Self.entry(100, id: 200, time: 0), Self.entry(101, id: 201, time: 99 * 61_000)]
        let log = ScriptedLog([0: first + more])
        let recount = try Recount(stateIn: folder.path, topic: "ad-events", settings: RecountSettings(), limits: .tiny)
        try recount.advance(Partition(0), in: log, to: Offset(100))
        let moment = Self.base + 3_600_000
        recount.dropMinutes(before: moment)
        recount.dropMinutes(before: moment - 1)
        #expect(recount.minutesBegin == moment)
        #expect(try recount.allRows(.minute).allSatisfy { $0.key.start >= moment })
        try recount.checkpoint()
        recount.close()
        let again = try Recount(stateIn: folder.path, topic: "ad-events", settings: RecountSettings(), limits: .tiny)
        #expect(again.minutesBegin == moment)
        try again.advanceToEnd(of: log)
        let minutes = try again.allRows(.minute)
        #expect(minutes.first?.key.start == moment + 60_000 && minutes.count == 40)
        #expect(minutes.last?.counts.impressions == 2)
        #expect(try again.allRows(.hour).map(\.counts.impressions).reduce(0, +) == 102)
        #expect(try again.allRows(.lifetime).map(\.counts.impressions) == [102])
    }

    @Test func touchedHoursAreThoseSinceTheyWereForgotten() throws {
        let hour: Int64 = 3_600_000
        let entries = [0, 65, 1, 1, 2].enumerated().map {
            Self.entry(Int64($0), id: UInt8($0), time: Int64($1) * hour)
        }
        let log = ScriptedLog([
            0: entries + [Self.entry(5, id: 4, time: 70 * hour), Self.entry(6, id: 9, time: -1, currency: "x")]
        ])
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: .tiny)
        try recount.advance(Partition(0), in: log, to: Offset(3))
        #expect(recount.touchedHours == Set([0, 1, 65].map { Self.base + $0 * hour }))
        recount.forgetTouchedHours()
        #expect(recount.touchedHours == [])
        try recount.advance(Partition(0), in: log, to: Offset(5))
        #expect(recount.touchedHours == Set([1, 2].map { Self.base + $0 * hour }))
        recount.forgetTouchedHours()
        // The repeat is beyond the horizon; the dead letter touches nothing.
        try recount.advance(Partition(0), in: log, to: Offset(7))
        #expect(recount.touchedHours == [Self.base + 70 * hour])
    }

    @Test func repeatsBeyondTheHorizonAndTheLookBack() throws {
        // S moves with each record: gaps of 600,000 (duplicate), 600,001 and 900,000 (counted again), 900,001.
        let times: [Int64] = [0, 600_000, 1_200_001, 2_100_001, 3_000_002]
        let entries = times.enumerated().map { Self.entry(Int64($0), id: 7, time: $1) }
        let log = ScriptedLog([0: entries, 1: [Self.entry(9, id: 8, time: 1)]])
        for limits in RecountRandomTests.limits {
            let all = try Self.recount(log, RecountSettings(), limits).repeatsBeyondHorizon
            #expect(all.first.map(\.offset) == [2, 3, 4] && all.count == 3)
            #expect(all.first.map(\.earlierOffset) == [1, 2, 3])
            #expect(all.first.map(\.gapMilliseconds) == [600_001, 900_000, 900_001])
            #expect(all.nanosByCurrency == ["USD": 3])
            #expect(all.first[0].row?.start == Self.base + 1_200_000 && all.first[0].counts?.impressions == 1)
            let near = RecountSettings(horizon: 600_000, outOfOrderness: 30_000, lookBack: 900_000)
            #expect(try Self.recount(log, near, limits).repeatsBeyondHorizon.first.map(\.offset) == [2, 3])
        }
    }

    @Test func theFirstThousandRepeatsAreKept() throws {
        let settings = RecountSettings(horizon: 0, outOfOrderness: 0)
        let entries = (0..<700).map { Self.entry(Int64($0), id: UInt8($0 % 2), time: Int64($0)) }
        let recount = try Self.recount(ScriptedLog([0: entries, 1: entries]), settings)
        let found = recount.repeatsBeyondHorizon
        #expect(found.count == 1_396 && found.first.count == 1_000)
        #expect(found.first[697].partition == 0 && found.first[698].partition == 1 && found.first[698].offset == 2)
        #expect(found.nanosByCurrency == ["USD": 1_396])
    }

    @Test func idsInSeveralPartitions() throws {
        let log = ScriptedLog([
            0: (0..<60).map { Self.entry(Int64($0), id: UInt8($0), time: Int64($0) * 1_000) },
            1: (0..<60).map { Self.entry(Int64($0), id: UInt8($0 + 50), time: 100_000 - Int64($0)) },
            4: [Self.entry(0, id: 55, time: 10), Self.entry(1, id: 55, time: 11), Self.entry(2, id: 99, time: 12)],
        ])
        for limits in RecountRandomTests.limits {
            let found = try Self.recount(log, RecountSettings(), limits).repeatsAcrossPartitions()
            // 50 to 59 in partitions 0 and 1, of which 55 is in 4 as well, and 99 in 1 and 4.
            #expect(found.count == 12 && found.first.count == 12)
            let places = found.first.map {
                [Int64($0.earlierPartition), $0.earlierOffset, Int64($0.partition), $0.offset]
            }
            #expect(places.contains([0, 50, 1, 0]))
            // By S: partition 4's newest copy, then 0's, then 1's.
            #expect(places.contains([4, 1, 0, 55]) && places.contains([0, 55, 1, 5]))
            #expect(places.contains([4, 2, 1, 49]))
            #expect(found.first.allSatisfy { $0.kind == .acrossPartitions && $0.row == nil })
        }
        // Forgotten ids are in no partition, however the runs happen to have been merged.
        let near = RecountSettings(horizon: 1, outOfOrderness: 0, lookBack: 5_000)
        let outcomes = try RecountRandomTests.limits.map {
            try Self.recount(log, near, $0).repeatsAcrossPartitions()
        }
        #expect(outcomes.allSatisfy { $0 == outcomes[0] } && outcomes[0].count == 8, "\(outcomes.map(\.count))")
    }

    @Test func theLookBackBoundsTheIds() throws {
        var events = RandomEvents(seed: 3, horizon: 1_000)
        let entries = events.log(3_000)
        let folder = RecountFolder()
        var limits = RecountLimits.tiny
        limits.idBytes = 32 * 400
        let log = ScriptedLog([0: entries])
        let error = #expect(throws: RecountError.self) {
            let recount = try Recount(
                stateIn: folder.path, topic: "ad-events", settings: RecountSettings(), limits: limits)
            try recount.advanceToEnd(of: log)
        }
        #expect(error?.code == .limit && error?.message.contains("the limit idBytes is 12800") == true)
        let near = RecountSettings(horizon: 1_000, outOfOrderness: 0, lookBack: 5_000)
        let recount = try Recount(temporaryIn: "/tmp", settings: near, limits: limits)
        try recount.advanceToEnd(of: log)
        let plain = PlainJudge(entries, partition: 0, near)
        #expect(
            recount.partitions[0].duplicates
                == Int64(plain.verdicts.count { if case .duplicate = $0.verdict { true } else { false } }))
    }

    @Test func whatALogMayNotDo() throws {
        let entries = (0..<50).map { Self.entry(Int64($0) + 10, id: UInt8($0), time: Int64($0)) }
        let log = ScriptedLog([0: entries])
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: .tiny)
        func error(_ offset: Int64, _ partition: Int32 = 0, from: Int64? = nil) -> RecountError? {
            #expect(throws: RecountError.self) {
                try recount.advance(
                    Partition(partition), in: log, to: Offset(offset), startingAt: from.map { Offset($0) })
            }
        }
        try recount.advance(Partition(0), in: log, to: Offset(30))
        #expect(error(29)?.message.contains("recounted to offset 30 and cannot go back to 29") == true)
        #expect(error(61)?.message.contains("scripted log ends at offset 60 of partition 0, before offset 61") == true)
        log.starts[0] = 31
        #expect(
            error(40)?.message.contains("offset 30 of partition 0 is not in scripted log any more: it begins at 31")
                == true)
        log.starts[0] = nil
        log.entries[0]![25].offset = Offset(36)
        let order = error(60)
        #expect(order?.code == .log && order?.message.contains("handed over offset 36") == true)
        #expect(error(5, 3, from: 2) != nil)
    }

    @Test func anErrorOfTheLogLosesNothing() throws {
        let log = KeptRecountTests.log(150)
        let whole = try RecountOutcome(Self.recount(log, KeptRecountTests.settings))
        for failure in stride(from: Int64(0), to: 160, by: 3) {
            let recount = try Recount(temporaryIn: "/tmp", settings: KeptRecountTests.settings, limits: .tiny)
            log.failsBefore = failure
            for partition in log.partitions() {
                do {
                    try recount.advance(partition, in: log, to: log.bounds(of: partition).end)
                } catch is ScriptedLog.Failure {
                    try recount.advance(partition, in: log, to: log.bounds(of: partition).end)
                }
            }
            #expect(try RecountOutcome(recount) == whole, "failed before \(failure)")
        }
    }

    @Test func settingsAndLimitsAreChecked() throws {
        for settings in [
            RecountSettings(horizon: -1, outOfOrderness: 0), RecountSettings(horizon: 0, outOfOrderness: -1),
            RecountSettings(horizon: .max, outOfOrderness: 0),
            RecountSettings(horizon: 2, outOfOrderness: 0, lookBack: 1),
        ] {
            let error = #expect(throws: RecountError.self) { try Recount(temporaryIn: "/tmp", settings: settings) }
            #expect(error?.code == .usage)
        }
        for limits in [RecountLimits(block: 0), RecountLimits(block: 1, rows: 0), RecountLimits(block: 1, letters: 0)] {
            let error = #expect(throws: RecountError.self) {
                try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: limits)
            }
            #expect(error?.message.contains("limits must be above 0") == true)
        }
    }

    @Test func startsWhereTheCallerSays() throws {
        let entries = (0..<50).map { Self.entry(Int64($0), id: UInt8($0), time: Int64($0)) }
        let log = ScriptedLog([0: entries])
        let recount = try Recount(temporaryIn: "/tmp", settings: RecountSettings(), limits: .tiny)
        try recount.advance(Partition(0), in: log, to: Offset(30), startingAt: Offset(20))
        #expect(recount.partitions[0].start == 20 && recount.partitions[0].records == 10)
        try recount.advance(Partition(1), in: log, to: Offset(0))
        #expect(recount.partitions.map(\.next) == [30, 0])
    }
}
