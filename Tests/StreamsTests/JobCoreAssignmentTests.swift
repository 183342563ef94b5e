import Streams
import TestKit
import Testing

@Suite struct JobCoreAssignmentTests {
    private func filled(_ count: Int, horizon: Int64 = 100, start: Int64 = 0) -> SightingDriver {
        let driver = sightingDriver(horizon: horizon)
        for number in 0..<count {
            driver.log.append(
                SimulatedLog.Entry(
                    offset: Offset(start + Int64(number)), timestampMilliseconds: 1_000 + Int64(number) * 10,
                    value: SightingLogic.value(UInt64(number), at: 1_000 + Int64(number) * 10)),
                to: driver.partition)
        }
        return driver
    }

    @Test func aFirstStartReadsFromTheBeginningWhereverThatIs() throws {
        let driver = filled(10, start: 40)
        try driver.start()
        #expect(driver.position == Offset(40))
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<10))
        #expect(driver.progress.nextOffset == Offset(50))
        #expect(driver.progress.counters.skippedOffsets == 0, "a log that starts above 0 is no gap then")
        #expect(driver.incidents == [.appeared(driver.partition, at: Offset(40))])
        #expect(driver.database.progress[driver.partition]?.epoch == Epoch(1))
    }

    @Test func aFirstStartOnAnEmptyLogWaitsAtItsEnd() throws {
        let driver = sightingDriver()
        try driver.start()
        #expect(driver.position == Offset(0))
        #expect(!driver.read() && !driver.cut())
        driver.log.sight(1, at: 5)
        #expect(driver.read() && driver.cut())
        #expect(driver.database.tables.ids() == [1])
    }

    @Test func aResumeReadsTheHorizonAgainAndCountsNothingTwice() throws {
        let driver = filled(50)
        try driver.start()
        for _ in 0..<6 {
            driver.read(7)
            driver.cut()
        }
        try driver.restart()
        // 42 records were applied: S is 1,410, the horizon reaches back to 1,310, which is offset 31.
        let position = try #require(driver.position)
        #expect((27...31).contains(position.rawValue), "\(position)")
        #expect(driver.snapshot?.phase == .warming && !driver.core.isWarm)
        driver.readAll(batch: 4)
        #expect(driver.snapshot?.phase == .running && driver.core.isWarm)
        #expect(driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<50))
        #expect(driver.incidents.contains { if case .warmedUp = $0 { true } else { false } })
        #expect(driver.progress.counters.records == 50)
    }

    @Test func retentionThatOvertookTheReaderStopsThePartitionAndSaysWhichOffsetsAreGone() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(5)
        driver.cut()
        driver.log.removeBefore(driver.partition, Offset(12))
        try driver.restart()
        #expect(driver.position == nil)
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .recordsGone)
        #expect(reason.message.contains("sightings/0: offsets 5 to 11 were removed"), "\(reason)")
        #expect(reason.message.contains("begins at 12"))
        // Nothing is skipped silently: nothing is read either.
        driver.pipe(driver.log.entries(driver.partition))
        #expect(!driver.cut() && driver.core.discarded == 8)
    }

    @Test func aLogThatEndsBeforeTheNextOffsetWasTruncated() throws {
        let driver = filled(20)
        try driver.start()
        driver.readAll()
        driver.cut()
        driver.log.truncate(driver.partition, to: Offset(15))
        try driver.restart()
        #expect(driver.stopReason?.code == .logTruncated)
        #expect(driver.stopReason?.message.contains("sightings/0: the log ends at 15, but records up to 19") == true)
    }

    // pitfall: topic-made-again
    @Test func aTopicThatWasMadeAgainIsNotTheOneThatWasApplied() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.recreate(driver.partition)
        for number in 0..<30 { driver.log.sight(UInt64(500 + number), at: 1_000 + Int64(number) * 10) }
        try driver.restart()
        driver.readAll(batch: 3)
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .logReplaced)
        #expect(reason.message.contains("sightings/0: the record at offset 9 is not the one that was applied"))
        #expect(!driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<10))
    }

    @Test func anAnchorBehindTheLogsStartCannotBeVerifiedAndTheJobGoesOn() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.removeBefore(driver.partition, Offset(10))
        try driver.restart()
        #expect(driver.position == Offset(10))
        #expect(driver.incidents.contains(.anchorUnverifiable(driver.partition, Offset(9))))
        #expect(
            driver.incidents.contains(
                .horizonIncomplete(driver.partition, missingFrom: Offset(0), through: Offset(9))))
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<20))
    }

    @Test func anAnchorThatWasCompactedAwayCannotBeVerifiedEither() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.remove(driver.partition, at: Offset(9))
        try driver.restart()
        driver.readAll()
        driver.cut()
        #expect(driver.incidents.count { $0 == .anchorUnverifiable(driver.partition, Offset(9)) } == 1)
        #expect(driver.database.tables.ids() == Array(0..<20))
        #expect(driver.progress.counters.skippedOffsets == 0, "what is missing from a warm-up was applied before")
    }

    @Test func partOfTheHorizonMayBeGone() throws {
        let driver = filled(30, horizon: 200)
        try driver.start()
        driver.read(20)
        driver.cut()
        driver.log.removeBefore(driver.partition, Offset(15))
        try driver.restart()
        #expect(driver.position == Offset(15))
        #expect(
            driver.incidents.contains { incident in
                if case .horizonIncomplete(_, _, let through) = incident { through == Offset(14) } else { false }
            })
        driver.log.sight(17, at: 1_300)
        driver.log.sight(3, at: 1_300)
        driver.readAll()
        driver.cut()
        // 17 is remembered; 3, were it within the horizon, could not be.
        #expect(driver.progress.counters.duplicates == 1)
    }

    @Test func aWarmUpThatFindsAnotherStreamTimeStopsThePartition() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.database.setProgress(driver.partition) { $0.progress.streamTime = EventTime(rawValue: 1_095) }
        try driver.restart()
        driver.readAll()
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .warmUpMismatch)
        #expect(
            reason.message.contains("1090") && reason.message.contains("1095") && reason.message.contains("offset 10"))
    }

    @Test func aStreamTimeBeyondTheStoredOneIsAMismatchEvenWhereRecordsAreMissing() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.remove(driver.partition, at: Offset(3))
        driver.database.setProgress(driver.partition) {
            $0.progress.streamTime = EventTime(rawValue: 1_085)
            $0.progress.anchor = nil
        }
        try driver.restart()
        driver.readAll()
        #expect(driver.stopReason?.code == .warmUpMismatch)
    }

    @Test func theLongestUnreadableWarmUpEndsAtTheStoredStreamTime() throws {
        let driver = sightingDriver(horizon: 1_000)
        let days: Int64 = 86_400_000
        driver.log.sight(1, at: 1_000)
        driver.log.sight(2, at: 60 * days)
        driver.log.append(to: driver.partition, timestampMilliseconds: 1_000, value: SightingLogic.value(3, at: 900))
        try driver.start()
        driver.readAll()
        driver.cut()
        // Compaction takes the record that moved time by sixty days; what follows are dead letters only.
        driver.log.remove(driver.partition, at: Offset(1))
        for _ in 0..<3 { driver.log.append(to: driver.partition, value: nil) }
        try driver.restart()
        driver.readAll()
        driver.cut()
        #expect(driver.progress.streamTime == EventTime(rawValue: 60 * days))
        #expect(driver.database.deadLetters.count == 3)
    }

    @Test func aPartitionThatComesBackIsClaimedAgain() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(5)
        driver.cut()
        driver.read(5)
        driver.core.released(driver.partition)
        #expect(driver.core.owned.isEmpty && !driver.core.hasPending)
        try driver.start()
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<20), "what was not committed came from the log again")
        #expect(driver.database.progress[driver.partition]?.epoch == Epoch(2))
    }
}
