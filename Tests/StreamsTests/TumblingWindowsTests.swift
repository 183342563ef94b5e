import Streams
import Testing

@Suite struct TumblingWindowsTests {
    private let minutes = TumblingWindows(sizeMilliseconds: 60_000)

    @Test(arguments: [(0, 0), (59_999, 0), (60_000, 1), (-1, -1), (-60_000, -1), (-60_001, -2)])
    func aMomentLiesInTheWindowThatBeganLast(_ time: Int64, _ index: Int64) {
        #expect(minutes.index(of: EventTime(milliseconds: time)) == index)
    }

    @Test func anEventIsLateOnceTheWatermarkHasReachedTheEndOfItsWindow() {
        #expect(!minutes.isLate(index: 1, watermark: EventTime(milliseconds: 119_999)))
        #expect(minutes.isLate(index: 1, watermark: EventTime(milliseconds: 120_000)))
        #expect(!minutes.isLate(index: 1, watermark: .distantPast))
    }
}
