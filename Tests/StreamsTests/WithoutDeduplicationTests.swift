import Streams
import TestKit
import Testing

/// A stream whose repeats are told elsewhere: nothing is remembered, and nothing is read again for it.
@Suite struct WithoutDeduplicationTests {
    private static let settings = StreamSettings(horizonMilliseconds: 0, deduplicates: false)

    private func driver() -> SightingDriver {
        PipelineDriver(
            logic: SightingLogic(), settings: Self.settings, tables: SightingTables(),
            log: SimulatedLog(topic: "sightings"))
    }

    private func filled(_ count: Int) -> SightingDriver {
        let driver = driver()
        for number in 0..<count { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        return driver
    }

    @Test func repeatsCountLikeAnyOther() throws {
        let driver = driver()
        for time in [1_000, 1_000, 1_001, 5_000] { driver.log.sight(7, at: Int64(time)) }
        try driver.start()
        driver.readAll(batch: 3)
        driver.cut()
        #expect(driver.database.tables.ids() == [7, 7, 7, 7])
        #expect(driver.progress.counters.duplicates == 0)
        #expect(driver.snapshot?.rememberedIDs == 0)
    }

    /// The last applied record alone, which shows that the log is the one that was read.
    @Test func aRestartReadsOneRecordAgainWithoutEffect() throws {
        let driver = filled(50)
        try driver.start()
        var restarts = 0
        while driver.read(7) {
            driver.cut()
            let next = try #require(driver.progress.nextOffset)
            try driver.restart()
            restarts += 1
            #expect(driver.position == next.previous)
            #expect(driver.snapshot?.phase == .warming)
            driver.read(1)
            #expect(driver.snapshot?.phase == .running && driver.position == next)
            #expect(driver.snapshot?.streamTime == driver.progress.streamTime)
            #expect(driver.snapshot?.rememberedIDs == 0)
        }
        #expect(restarts == 8)
        #expect(driver.database.tables.ids() == Array(0..<50))
        #expect(driver.progress.counters.records == 50)
        #expect(
            driver.incidents.allSatisfy { incident in
                switch incident {
                case .appeared, .warmedUp: true
                default: false
                }
            }, "\(driver.incidents)")
    }

    /// Time that stands still leaves no newer mark to begin at; with marks alone a restart would read it all again.
    @Test(arguments: [true, false])
    func aRestartReadsNoMoreWhereTimeStandsStill(allDeadLetters: Bool) throws {
        let driver = driver()
        for number in 0..<40 {
            driver.log.append(
                to: driver.partition, timestampMilliseconds: 1_000,
                value: allDeadLetters ? nil : SightingLogic.value(UInt64(number), at: 1_000))
        }
        try driver.start()
        driver.readAll(batch: 9)
        driver.cut()
        try driver.restart()
        #expect(driver.position == Offset(39))
        driver.readAll()
        #expect(driver.snapshot?.phase == .running && !driver.cut())
        #expect(driver.database.tables.ids().count == (allDeadLetters ? 0 : 40))
        #expect(driver.database.deadLetters.count == (allDeadLetters ? 40 : 0))
    }

    @Test func noMarksAreKept() throws {
        let driver = filled(1_000)
        try driver.start()
        driver.readAll(batch: 100)
        driver.cut()
        // That of the first record that was ever read.
        #expect(driver.progress.marks == [HorizonMark(offset: Offset(0), streamTime: .distantPast)])
    }

    @Test func aTopicThatWasMadeAgainIsNotTheOneThatWasApplied() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.recreate(driver.partition)
        for number in 0..<30 { driver.log.sight(UInt64(500 + number), at: 1_000 + Int64(number) * 10) }
        try driver.restart()
        driver.readAll(batch: 3)
        #expect(driver.stopReason?.code == .logReplaced)
        #expect(!driver.cut())
        #expect(driver.database.tables.ids() == Array(0..<10))
    }

    /// As compaction leaves it: the last applied record is gone, later ones are there.
    @Test func theLastAppliedRecordMayBeGone() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.remove(driver.partition, at: Offset(9))
        driver.log.remove(driver.partition, at: Offset(10))
        try driver.restart()
        driver.readAll(batch: 4)
        driver.cut()
        #expect(driver.incidents.count { $0 == .anchorUnverifiable(driver.partition, Offset(9)) } == 1)
        #expect(driver.incidents.contains(.gap(driver.partition, from: Offset(10), through: Offset(10))))
        #expect(driver.database.tables.ids() == Array(0..<10) + Array(11..<20))
    }

    @Test func retentionUpToTheNextOffsetMissesNothing() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.log.removeBefore(driver.partition, Offset(10))
        try driver.restart()
        #expect(driver.position == Offset(10) && driver.snapshot?.phase == .running)
        driver.readAll()
        driver.cut()
        // Nothing is remembered, so there is no horizon that could be incomplete.
        #expect(
            driver.incidents == [
                .appeared(driver.partition, at: Offset(0)), .anchorUnverifiable(driver.partition, Offset(9)),
            ])
        #expect(driver.database.tables.ids() == Array(0..<20))
    }

    @Test func retentionThatOvertakesTheComparisonMissesNothingEither() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        try driver.restart()
        #expect(driver.position == Offset(9))
        driver.log.removeBefore(driver.partition, Offset(10))
        driver.core.sourceFailed(
            driver.partition, SourceError(.offsetOutOfRange, "out of range"),
            bounds: driver.log.bounds(of: driver.partition))
        driver.readAll()
        driver.cut()
        #expect(driver.stopReason == nil)
        #expect(driver.database.tables.ids() == Array(0..<20))
        #expect(driver.incidents.contains(.anchorUnverifiable(driver.partition, Offset(9))))
        #expect(!driver.incidents.contains { if case .horizonIncomplete = $0 { true } else { false } })
    }

    @Test func aPartitionThatAnOperatorMovedBeginsThere() throws {
        let driver = filled(20)
        try driver.start()
        driver.read(10)
        driver.cut()
        driver.database.move(driver.partition, to: Offset(15))
        try driver.restart()
        #expect(driver.position == Offset(15) && driver.snapshot?.phase == .running)
        driver.readAll()
        driver.cut()
        #expect(driver.database.tables.ids() == Array(0..<10) + Array(15..<20))
        #expect(driver.progress.streamTime == EventTime(rawValue: 1_190))
    }
}
