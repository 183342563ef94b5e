import Objectives
import Testing

struct BurnHistoryTests {
    /// Every second kept by itself, and counted anew for each question.
    private struct Reference {
        var seconds: [(at: Int64, seconds: BurnHistory.Seconds)] = []

        func sum(inWindow length: Int64, at now: Int64) -> BurnHistory.Seconds {
            let first =
                (now / BurnHistory.bucketSeconds - length / BurnHistory.bucketSeconds + 1) * BurnHistory.bucketSeconds
            return seconds.reduce(into: BurnHistory.Seconds()) { sum, one in
                guard one.at >= first else { return }
                sum.good += one.seconds.good
                sum.bad += one.seconds.bad
            }
        }
    }

    @Test("the sums of all windows are those of a list of all seconds, over sleeps of every length")
    func againstAList() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<6 {
            var history = BurnHistory()
            var reference = Reference()
            var now = Int64.random(in: 0..<100_000, using: &random)
            for _ in 0..<150 {
                let step: Int64 =
                    switch Int.random(in: 0..<20, using: &random) {
                    case 0: .random(in: 10...5_000, using: &random)
                    case 1: .random(in: 5_000...400_000, using: &random)
                    default: .random(in: 0...3, using: &random)
                    }
                now += step
                let isBad = Bool.random(using: &random)
                let seconds = BurnHistory.Seconds(good: isBad ? 0 : 1, bad: isBad ? 1 : 0)
                history.add(seconds, atMonotonicSeconds: now)
                reference.seconds.append((now, seconds))
                for window in BurnRule.windows {
                    #expect(
                        history.seconds(inWindow: window) == reference.sum(inWindow: window, at: now),
                        "\(window) s at \(now)")
                }
            }
        }
    }

    @Test("a window reaches back by its length, and what it has left does not come back with the ring's next turn")
    func forgetting() {
        var history = BurnHistory(windows: [60, 120])
        history.add(.init(bad: 1), atMonotonicSeconds: 5)
        history.advance(toMonotonicSeconds: 59)
        #expect(history.seconds(inWindow: 60) == .init(bad: 1))
        history.advance(toMonotonicSeconds: 60)
        #expect(history.seconds(inWindow: 60) == .init())
        #expect(history.seconds(inWindow: 120) == .init(bad: 1))
        history.advance(toMonotonicSeconds: 120)
        #expect(history.seconds(inWindow: 120) == .init())
        history.advance(toMonotonicSeconds: 1_000_000)
        #expect(history.seconds(inWindow: 120) == .init())
        #expect(history.seconds(inWindow: 61) == nil)
    }

    @Test("history that is not there is taken as good, and seconds that do not count make the rest weigh no more")
    func shortHistory() {
        var history = BurnHistory(windows: [300])
        for second in 0..<10 { history.add(.init(bad: 1), atMonotonicSeconds: Int64(second)) }
        #expect(history.badRatio(inWindow: 300) == 10.0 / 300)
        for second in 10..<2_000 { history.add(.init(bad: 1), atMonotonicSeconds: Int64(second)) }
        // The current bucket is not full: nine tenths of nothing are missing at most.
        #expect(history.badRatio(inWindow: 300) > 0.96)
    }

    @Test("a clock that seems to go back adds to the bucket it had reached")
    func backwards() {
        var history = BurnHistory(windows: [60])
        history.add(.init(good: 1), atMonotonicSeconds: 100)
        history.add(.init(bad: 1), atMonotonicSeconds: 50)
        #expect(history.seconds(inWindow: 60) == .init(good: 1, bad: 1))
    }
}
