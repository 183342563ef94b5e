import Streams
import TestKit
import Testing

/// What an operator's move does to a partition, and that the job goes on from there as if nothing had happened.
@Suite struct OperatorMoveTests {
    private func applied(_ count: Int, of total: Int, horizon: Int64 = 100) throws -> SightingDriver {
        let driver = sightingDriver(horizon: horizon)
        for number in 0..<total { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        try driver.start()
        driver.read(count)
        #expect(driver.cut())
        return driver
    }

    @Test func aGapThatIsAcceptedIsCountedAndTheRestIsApplied() throws {
        let driver = try applied(5, of: 20)
        driver.log.removeBefore(driver.partition, Offset(12))
        try driver.restart()
        #expect(driver.stopReason?.code == .recordsGone)
        driver.database.move(driver.partition, to: Offset(12))
        try driver.restart()
        #expect(driver.stopReason == nil && driver.position == Offset(12))
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<5) + Array(12..<20))
        #expect(driver.progress.counters.skippedOffsets == 7)
        try driver.restart()
        driver.readAll(batch: 2)
        #expect(driver.stopReason == nil && driver.core.isWarm)
    }

    /// The log still holds some of what is given up: no warm-up takes them for records that were applied.
    @Test func aGapOverRecordsThatAreThereIsAcceptedAsWell() throws {
        let driver = try applied(5, of: 20)
        driver.database.move(driver.partition, to: Offset(12), skipsReadable: true)
        for _ in 0..<2 {
            try driver.restart()
            driver.readAll(batch: 3)
            #expect(driver.stopReason == nil && driver.core.isWarm)
            driver.cut()
            #expect(driver.database.tables.ids() == Array(0..<5) + Array(12..<20))
        }
        #expect(driver.progress.counters.skippedOffsets == 7)
        // 8 was never applied, so it is no repeat.
        driver.log.sight(8, at: 1_195)
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids().last == 8)
    }

    /// The records that were cut off had moved time further than what is left.
    @Test func aLogThatWasCutOffGoesOnAtItsEndWithTheStreamTimeItHad() throws {
        let driver = try applied(20, of: 20)
        driver.log.truncate(driver.partition, to: Offset(15))
        try driver.restart()
        #expect(driver.stopReason?.code == .logTruncated)
        driver.database.move(driver.partition, to: Offset(15))
        for _ in 0..<3 {
            try driver.restart()
            driver.readAll(batch: 4)
            #expect(driver.stopReason == nil && driver.core.isWarm)
            #expect(driver.progress.streamTime == EventTime(rawValue: 1_190))
        }
        // 14 is still remembered, 19 was cut off: who sends it again is counted again.
        driver.log.sight(14, at: 1_150)
        driver.log.sight(19, at: 1_160)
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<20) + [19])
        #expect(driver.progress.counters.duplicates == 1)
        // The mark of the move lies within what is read again: time does not stay behind it.
        try driver.restart()
        driver.readAll(batch: 3)
        #expect(driver.stopReason == nil && driver.core.isWarm)
        driver.log.sight(19, at: 1_200)
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.progress.counters.duplicates == 2)
    }

    @Test func aTopicThatWasMadeAgainIsReadFromItsBeginningAndRemembersNothingOfTheOldOne() throws {
        let driver = try applied(20, of: 20)
        driver.log.recreate(driver.partition)
        driver.log.sight(19, at: 1_195)
        driver.log.sight(30, at: 1_196)
        try driver.restart()
        #expect(driver.stopReason?.code == .logTruncated)
        driver.database.move(driver.partition, to: Offset(0), isNewLog: true)
        for round in 0..<2 {
            try driver.restart()
            driver.readAll(batch: 1)
            driver.cut()
            #expect(driver.stopReason == nil, "round \(round)")
            #expect(driver.database.tables.ids() == Array(0..<20) + [19, 30])
        }
        driver.log.sight(30, at: 1_197)
        driver.readAll()
        driver.cut()
        #expect(driver.progress.counters.duplicates == 1)
    }

    @Test func aRewindTakesTheResultsBackWithTheProgress() throws {
        let driver = try applied(12, of: 20)
        driver.database.rewind(driver.partition)
        #expect(driver.database.tables.ids().isEmpty)
        driver.read(3)
        #expect(!driver.cut(), "the owner of before is fenced")
        try driver.restart()
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<20))
        #expect(driver.progress.counters.records == 20)
        // Nothing tells it from a partition that was never rewound.
        let untouched = try applied(20, of: 20)
        #expect(driver.progress == untouched.progress)
    }

    /// Retention goes on while nobody owns the partition: what it takes is missed, not passed over.
    @Test func aRewindIsNotTakenForAFirstStart() throws {
        let driver = try applied(12, of: 20)
        driver.database.rewind(driver.partition)
        driver.log.removeBefore(driver.partition, Offset(3))
        try driver.restart()
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .recordsGone && reason.message.contains("offsets 0 to 2 were removed"), "\(reason)")
        #expect(driver.database.tables.ids().isEmpty)
    }

    /// Who sends an event again is not paid twice because of a hole that came between.
    @Test func aHoleThatIsAcceptedKeepsTheRememberedIDs() throws {
        let driver = sightingDriver(horizon: 1_000)
        for number in 0..<5 { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        try driver.start()
        driver.readAll()
        #expect(driver.cut())
        for offset in Int64(5)..<12 {
            driver.log.sight(UInt64(offset), at: 1_050)
            driver.log.remove(driver.partition, at: Offset(offset))
        }
        driver.log.sight(12, at: 1_060)
        let situation = MoveSituation(
            topic: "events", partition: driver.partition, progress: driver.progress,
            bounds: LogBounds(start: Offset(0), end: Offset(13)), lastApplied: .unchanged, outlivedItsLog: false,
            firstReadable: Offset(12))
        let moved = try OperatorMove.acceptGap(to: Offset(12)).progress(in: situation)
        driver.database.setProgress(driver.partition) { $0.progress = moved }
        try driver.restart()
        driver.readAll()
        driver.log.sight(4, at: 1_070)
        driver.readAll()
        #expect(driver.cut() && driver.stopReason == nil)
        #expect(driver.database.tables.ids() == [0, 1, 2, 3, 4, 12])
        #expect(driver.progress.counters.duplicates == 1)
    }
}
