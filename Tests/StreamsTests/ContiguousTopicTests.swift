import Streams
import TestKit
import Testing

/// A job declares that its topic skips no offset: one that it skips stops the partition.
@Suite struct ContiguousTopicTests {
    private func driver(contiguous: Bool = true) -> SightingDriver {
        let driver = PipelineDriver(
            logic: SightingLogic(), settings: StreamSettings(horizonMilliseconds: 100, isContiguous: contiguous),
            tables: SightingTables(), log: SimulatedLog(topic: "sightings"))
        for number in 0..<5 { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        driver.log.appendMarker(to: driver.partition)
        for number in 5..<9 { driver.log.sight(UInt64(number), at: 1_000 + Int64(number) * 10) }
        return driver
    }

    @Test(arguments: [1, 3, 100])
    func aSkippedOffsetStopsThePartitionAndNothingBehindItIsApplied(batch: Int) throws {
        let driver = driver()
        try driver.start()
        for _ in 0..<20 {
            driver.read(batch)
            driver.cut()
        }
        let reason = try #require(driver.stopReason)
        #expect(reason.code == .offsetsMissing)
        for part in [
            "sightings/0", "offsets 5 to 5", "kafka.contiguous",
            "sluice progress set --job job --topic sightings --partition 0 --accept-gap-to 6",
        ] {
            #expect(reason.message.contains(part), "\(reason)")
        }
        // What stood before it is committed: going on behind the gap gives up nothing else.
        #expect(driver.progress.nextOffset == Offset(5))
        #expect(driver.database.tables.ids() == Array(0..<5))
        driver.database.move(driver.partition, to: Offset(6))
        try driver.restart()
        driver.readAll(batch: batch)
        driver.cut()
        #expect(driver.stopReason == nil)
        #expect(driver.progress.counters.skippedOffsets == 1)
        #expect(driver.database.tables.ids() == Array(0..<9))
    }

    @Test func otherwiseItIsCountedAndReadOn() throws {
        let driver = driver(contiguous: false)
        try driver.start()
        driver.readAll()
        #expect(driver.cut())
        #expect(driver.stopReason == nil)
        #expect(driver.progress.counters.skippedOffsets == 1)
        #expect(driver.database.tables.ids() == Array(0..<9))
    }
}
