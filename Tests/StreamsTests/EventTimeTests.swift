import Streams
import Testing

@Suite struct EventTimeTests {
    // pitfall: idle-partitions
    @Test func theWatermarkOfSeveralIsTheLeastThatIsNotIdle() {
        let early = Watermark.at(EventTime(milliseconds: 5))
        let late = Watermark.at(EventTime(milliseconds: 9))
        #expect(Watermark.combined([]) == .idle)
        #expect(Watermark.combined([.idle, .idle]) == .idle)
        #expect(Watermark.combined([late, .idle, early]) == early)
        #expect(Watermark.combined([.idle, early, late, late]) == early)
        #expect(Watermark.combined([late]) == late)
        #expect(Watermark.combined([late, .at(.distantPast)]) == .at(.distantPast))
    }

    @Test func aRecordContributesTheSmallerOfItsTimes() {
        func contribution(_ event: Int64, _ record: Int64) -> Int64 {
            StreamTime.contribution(eventTimeMilliseconds: event, recordTimestampMilliseconds: record)
        }
        #expect(contribution(5, 9) == 5)
        #expect(contribution(9, 5) == 5)
        #expect(contribution(9, 0) == 0)
        #expect(contribution(9, -1) == 9)
    }

    @Test func takingAwayStopsAtTheDistantPast() {
        #expect(EventTime(milliseconds: 5).minus(milliseconds: 7) == EventTime(milliseconds: -2))
        #expect(EventTime.distantPast.minus(milliseconds: 1) == .distantPast)
        #expect(EventTime(rawValue: .min + 3).minus(milliseconds: 4) == .distantPast)
    }
}
