import Streams
import TestKit
import Testing

@Suite struct PartitionProgressTests {
    private func progress(_ streamTime: Int64, _ marks: [(Int64, Int64)]) -> PartitionProgress {
        PartitionProgress(
            nextOffset: Offset(1_000), streamTime: EventTime(rawValue: streamTime),
            marks: marks.map { HorizonMark(offset: Offset($0.0), streamTime: EventTime(rawValue: $0.1)) })
    }

    @Test func warmUpStartsAtTheNewestMarkThatIsBeyondTheHorizon() {
        let some = progress(1_000, [(0, .min), (10, 800), (20, 899), (30, 900), (40, 950)])
        #expect(
            some.warmUpMark(horizonMilliseconds: 100)?.offset == Offset(20), "900 is within the horizon, 899 is not")
        #expect(some.warmUpMark(horizonMilliseconds: 0)?.offset == Offset(40))
        #expect(some.warmUpMark(horizonMilliseconds: 5_000)?.offset == Offset(0))
        #expect(progress(1_000, []).warmUpMark(horizonMilliseconds: 100) == nil)
        // Nothing but dead letters so far: all of it is read again.
        #expect(progress(.min, [(7, .min)]).warmUpMark(horizonMilliseconds: 100)?.offset == Offset(7))
        // No mark is old enough: the oldest there is.
        #expect(progress(1_000, [(30, 950), (40, 960)]).warmUpMark(horizonMilliseconds: 100)?.offset == Offset(30))
    }

    @Test func pruningKeepsTheMarkThatIsNeededAndWhatFollowsIt() {
        var some = progress(1_000, [(0, .min), (10, 800), (20, 899), (30, 900), (40, 950)])
        some.pruneMarks(horizonMilliseconds: 100)
        #expect(some.marks.map(\.offset) == [20, 30, 40].map { Offset($0) })
        var bare = progress(1_000, [])
        bare.pruneMarks(horizonMilliseconds: 100)
        #expect(bare.marks.isEmpty)
    }

    /// A log with repeats around the edge of the horizon, jumps, events out of order, dead letters and timestamps
    /// that are absent.
    private func randomLog(_ driver: SightingDriver, seed: UInt64, count: Int) {
        var random = SeededGenerator(seed: seed)
        var now: Int64 = 1_000
        var sent: [UInt64] = []
        for _ in 0..<count {
            now +=
                random.oneIn(200) ? Int64.random(in: 0...300, using: &random) : Int64.random(in: 0...2, using: &random)
            if random.oneIn(25) {
                driver.log.append(to: driver.partition, timestampMilliseconds: now + 5_000, value: nil)
                continue
            }
            let old = random.oneIn(3) ? sent.suffix(random.oneIn(2) ? 40 : 150).randomElement(using: &random) : nil
            let id = old ?? random.next()
            sent.append(id)
            let time = now - (random.oneIn(4) ? Int64.random(in: 0...60, using: &random) : 0)
            driver.log.append(
                to: driver.partition, timestampMilliseconds: random.oneIn(10) ? -1 : now,
                value: SightingLogic.value(id, at: time))
        }
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func aWarmUpFromTheChosenMarkAnswersAsIfThereHadBeenNoRestart(seed: UInt64) throws {
        let horizon: Int64 = [100, 31, 1_000, 0, 1][Int(seed % 5)]
        let driver = sightingDriver(horizon: horizon)
        randomLog(driver, seed: seed, count: 600)
        var random = SeededGenerator(seed: seed &+ 1_000)
        try driver.start()
        var reRead: [Int64] = []
        while driver.read(Int.random(in: 1...40, using: &random)) {
            guard random.oneIn(2), driver.cut() else { continue }
            let stored = driver.progress
            try driver.restart()
            let mark = try #require(stored.warmUpMark(horizonMilliseconds: horizon))
            #expect(driver.position == mark.offset)
            let next = try #require(stored.nextOffset)
            reRead.append(next.rawValue - mark.offset.rawValue)
        }
        driver.cut()
        let entries = driver.log.entries(driver.partition)
        let expected = expectedSightings(entries, horizon: horizon)
        #expect(driver.database.tables.counted[driver.partition] == expected.counted)
        #expect(driver.progress.counters.duplicates == expected.duplicates)
        #expect(driver.database.deadLetters(of: driver.partition).map(\.offset) == expected.deadLetters)
        #expect(driver.progress.counters.records == Int64(entries.count))
        #expect(driver.incidents.dropFirst().allSatisfy { if case .warmedUp = $0 { true } else { false } })
        #expect(driver.restarts > 10)
        // A warm-up reads the horizon and a mark's spacing, not the log.
        if horizon <= 100 { #expect(reRead.max() ?? 0 < 400, "\(reRead)") }
    }

    @Test func marksStayFew() throws {
        let driver = sightingDriver(horizon: 3_200)
        for number in 0..<5_000 { driver.log.sight(UInt64(number), at: Int64(number) * 10) }
        try driver.start()
        while driver.read(50) { driver.cut() }
        // 32 of them lie within the horizon.
        #expect((32...40).contains(driver.progress.marks.count), "\(driver.progress.marks.count)")
    }
}
