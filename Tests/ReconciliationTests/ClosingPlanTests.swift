import Testing

@testable import Reconciler

/// Which hours the reconciler compares, and when.
struct ClosingPlanTests {
    private static let hour: Int64 = 3_600_000
    private static let start: Int64 = 1_790_000_000_000 / 3_600_000 * 3_600_000

    private func plan(closed: Int64?, full: Int64? = nil) -> ClosingPlan {
        var plan = ClosingPlan()
        plan.load(lastClosed: closed, lastFull: full)
        return plan
    }

    @Test("Nothing is due before the first event; then everything, once")
    func first() {
        var plan = plan(closed: nil)
        plan.note(watermark: nil, touched: [], open: [])
        #expect(!plan.isFullDue(0, every: 1_000))
        #expect(plan.dueHours(0).isEmpty)
        plan.note(watermark: Self.start + 5, touched: [Self.start], open: [])
        #expect(plan.isFullDue(0, every: 1_000))
        plan.comparedInFull(at: 0, watermark: Self.start + 5, hasCompared: true)
        #expect(plan.lastClosed == Self.start)
        #expect(!plan.isFullDue(999, every: 1_000))
        #expect(plan.isFullDue(1_000, every: 1_000))
        #expect(plan.dueHours(0).isEmpty)
    }

    @Test("What could not be compared in full stays due")
    func failedFull() {
        var plan = plan(closed: nil)
        plan.note(watermark: Self.start, touched: [], open: [])
        plan.comparedInFull(at: 0, watermark: Self.start, hasCompared: false)
        #expect(plan.lastClosed == nil)
        #expect(plan.isFullDue(0, every: 1_000))
    }

    @Test("An hour is due when the watermark has reached its end, and not a millisecond before")
    func over() {
        var plan = plan(closed: Self.start, full: 0)
        plan.note(watermark: Self.start + Self.hour - 1, touched: [Self.start], open: [])
        #expect(plan.dueHours(0).isEmpty)
        plan.note(watermark: Self.start + 2 * Self.hour, touched: [], open: [])
        #expect(plan.dueHours(0) == [Self.start, Self.start + Self.hour])
        #expect(plan.waitingSince == Self.start + Self.hour)
        plan.closed(Self.start)
        #expect(plan.lastClosed == Self.start + Self.hour)
        #expect(plan.dueHours(0) == [Self.start + Self.hour])
        plan.closed(Self.start + Self.hour)
        #expect(plan.dueHours(0).isEmpty)
        #expect(plan.waitingSince == nil)
        // A watermark never goes back: a snapshot of an idle partition may.
        plan.note(watermark: Self.start, touched: [], open: [])
        #expect(plan.dueHours(0).isEmpty)
    }

    @Test("Hours that late events or differences have changed are due again, not more often than every five minutes")
    func again() {
        var plan = plan(closed: Self.start + 3 * Self.hour, full: 0)
        plan.note(watermark: Self.start + 3 * Self.hour, touched: [Self.start, Self.start + 3 * Self.hour], open: [])
        #expect(plan.dueHours(1_000) == [Self.start], "an hour that is not over is not due for its events")
        plan.closed(Self.start)
        #expect(plan.lastClosed == Self.start + 3 * Self.hour)
        plan.note(
            watermark: Self.start + 3 * Self.hour, touched: [Self.start + Self.hour], open: [Self.start + 2 * Self.hour]
        )
        #expect(plan.dueHours(2_000).isEmpty)
        #expect(plan.dueHours(301_000) == [Self.start + Self.hour, Self.start + 2 * Self.hour])
        plan.closed(Self.start + Self.hour)
        plan.closed(Self.start + 2 * Self.hour)
        // With the next hour that is over they come at once.
        plan.note(watermark: Self.start + 4 * Self.hour, touched: [Self.start], open: [])
        #expect(plan.dueHours(302_000) == [Self.start, Self.start + 3 * Self.hour])
    }
}
