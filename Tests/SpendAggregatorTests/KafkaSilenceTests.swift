import Objectives
import Synchronization
import Testing

@testable import SpendAggregator

struct KafkaSilenceTests {
    private final class Clock: Sendable {
        private let time = Atomic<Int64>(50_000)
        @Sendable func now() -> Int64 { time.load(ordering: .relaxed) }
        func advance(_ milliseconds: Int64) { time.wrappingAdd(milliseconds, ordering: .relaxed) }
    }

    @Test("silence begins with the first unanswered question, grows while nobody asks, and ends with an answer")
    func silence() {
        let clock = Clock()
        let silence = KafkaWatch.Silence(now: clock.now)
        #expect(silence.seconds == nil, "nothing was asked yet")
        silence.answered()
        #expect(silence.seconds == 0)
        let asked = clock.now()
        silence.unanswered(asked: asked, "refused")
        #expect((silence.seconds ?? 0) > 0, "bad in the very millisecond")
        clock.advance(3_000)
        silence.unanswered(asked: clock.now(), "timed out")
        clock.advance(2_000)
        #expect(silence.indication.value == 5)
        #expect(silence.indication.cause == "timed out")
        silence.answered()
        #expect(silence.indication.value == 0)
        #expect(silence.indication.cause == nil)
    }
}
