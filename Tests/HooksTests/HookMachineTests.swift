import Foundation
import Objectives
import Testing

@testable import Hooks

/// What is said and when, told by a clock that is moved by hand.
@Suite struct HookMachineTests {
    @Test func alertsThatFireTogetherGoTogether() throws {
        let script = ScriptedMachine()
        #expect(script.next() == .wait(until: nil))
        script.evaluated([.sample("A")])
        #expect(script.next() == .wait(until: 5_000))
        script.now = 3_000
        script.evaluated([.sample("A"), .sample("B")])
        #expect(script.next() == .wait(until: 5_000))
        script.now = 5_000
        let message = try #require(script.sent())
        #expect(try names(message) == ["A firing", "B firing"])
        #expect(message.isFiring && message.alertCount == 2)
        #expect(script.answered(.delivered) == .delivered(message, attempts: 1))
        #expect(script.machine.waiting == 0)
    }

    @Test func theSameAlertsAreNotSaidAgain() throws {
        let script = ScriptedMachine()
        try firing(["A"], script)
        for second in 6..<4_000 {
            script.now = Int64(second) * 1_000
            script.evaluated([.sample("A", startsAt: 1_000)])
            #expect(script.sent() == nil)
        }
    }

    @Test func changesOfAGroupComeAtMostOnceAnInterval() throws {
        let script = ScriptedMachine()
        try firing(["A"], script)
        script.now = 10_000
        script.evaluated([.sample("A"), .sample("B")])
        #expect(script.next() == .wait(until: 65_000))
        script.now = 20_000
        script.evaluated([.sample("B"), .sample("C"), .sample("A").ended()])
        script.now = 65_000
        let message = try #require(script.sent())
        #expect(try names(message) == ["A resolved", "B firing", "C firing"])
        script.answered(.delivered)
        // Long after the last message an alert is collected with others as the first one was.
        script.now = 1_000_000
        script.evaluated([.sample("B"), .sample("C"), .sample("D")])
        #expect(script.next() == .wait(until: 1_005_000))
    }

    @Test func whatStillFiresIsRepeated() throws {
        let script = ScriptedMachine { $0.repeatIntervalMilliseconds = 600_000 }
        let first = try firing(["A"], script)
        script.now = 604_999
        script.evaluated([.sample("A")])
        #expect(script.next() == .wait(until: 605_000))
        script.now = 605_000
        let second = try #require(script.sent())
        #expect(second.id != first.id)
        #expect(try names(second) == ["A firing"])
        script.answered(.delivered)
        #expect(script.next() == .wait(until: 1_205_000))
    }

    @Test func anEndIsSaidOnce() throws {
        let script = ScriptedMachine { $0.repeatIntervalMilliseconds = 100_000 }
        try firing(["A"], script)
        script.now = 100_000
        script.evaluated([.sample("A").ended(at: 105_000)])
        script.now = 105_000
        let message = try #require(script.sent())
        #expect(try names(message) == ["A resolved"])
        #expect(!message.isFiring)
        script.answered(.delivered)
        for second in 106..<2_000 {
            script.now = Int64(second) * 1_000
            // Some evaluations tell of the end again, others do not speak of it any more.
            script.evaluated(second % 2 == 0 ? [.sample("A").ended(at: 105_000)] : [])
            #expect(script.sent() == nil)
        }
        #expect(script.machine.groups.isEmpty)
    }

    @Test func whatIsNotSpokenOfAnyMoreHasEnded() throws {
        let script = ScriptedMachine()
        try firing(["A"], script)
        script.now = 30_000
        script.evaluated([])
        script.now = 65_000
        let message = try #require(script.sent())
        #expect(try names(message) == ["A resolved"])
        #expect(try body(message).alerts[0].endsAt == "1970-01-01T00:00:40.000Z")
    }

    @Test func whatComesAndGoesWithinTheWaitIsNotSaid() {
        let script = ScriptedMachine()
        script.evaluated([.sample("A")])
        script.now = 4_000
        script.evaluated([.sample("A").ended()])
        #expect(script.next() == .wait(until: nil))
        script.now = 3_600_000
        #expect(script.next() == .wait(until: nil))
        // Nor is the end of what nobody knew.
        script.evaluated([.sample("B").ended()])
        #expect(script.next() == .wait(until: nil))
        #expect(script.machine.waiting == 0)
    }

    @Test func whatEndsAndFiresAgainBeforeTheNextMessageIsNoNews() throws {
        let script = ScriptedMachine()
        try firing(["A"], script)
        script.now = 10_000
        script.evaluated([.sample("A").ended()])
        script.now = 20_000
        script.evaluated([.sample("A", startsAt: 20_000)])
        script.now = 65_000
        #expect(script.sent() == nil)
    }

    @Test func anAlertThatReturnsSoonKeepsTheInterval() throws {
        let script = ScriptedMachine()
        try firing(["A"], script)
        script.evaluated([.sample("A").ended()])
        script.now = 65_000
        #expect(try names(#require(script.sent())) == ["A resolved"])
        script.answered(.delivered)
        script.now = 66_000
        script.evaluated([.sample("A")])
        #expect(script.next() == .wait(until: 125_000))
    }

    @Test func groupsOfServicesSpeakForThemselves() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A"), .sample("A", service: "archiver")])
        script.now = 5_000
        let first = try #require(script.sent())
        #expect(try body(first).groupLabels == ["service": "archiver"])
        script.answered(.failed(reason: "status 500"))
        // The other group does not wait for the first one's second attempt.
        let second = try #require(script.sent())
        #expect(try body(second).groupLabels == ["service": "spend-aggregator"])
        script.answered(.delivered)
        #expect(script.machine.waiting == 1)
    }

    // MARK: Attempts

    @Test func attemptsAreTheSameMessageEverFartherApart() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A")])
        script.now = 5_000
        let message = try #require(script.sent())
        var waits: [Int64] = []
        for attempt in 1...9 {
            let event = script.answered(.failed(reason: "timeout"), jitter: attempt % 2 == 0 ? 0 : 1)
            guard case .willRetry(message, attempt, "timeout", let delay) = event else {
                Issue.record("\(event)")
                return
            }
            waits.append(delay)
            #expect(script.next() == .wait(until: script.now + delay))
            #expect(script.afterItsWait() == .send(message))
        }
        #expect(waits == [1_000, 1_000, 4_000, 4_000, 16_000, 16_000, 60_000, 30_000, 60_000])
        #expect(script.answered(.delivered) == .delivered(message, attempts: 10))
    }

    @Test func aMessageIsGivenUpAndWhatStillFiresIsSaidAnew() throws {
        let script = ScriptedMachine { $0.giveUpMilliseconds = 60_000 }
        script.evaluated([.sample("A")])
        script.now = 5_000
        let first = try #require(script.sent())
        var last = script.answered(.failed(reason: "unreachable"))
        while case .willRetry = last {
            #expect(script.afterItsWait() == .send(first))
            last = script.answered(.failed(reason: "unreachable"))
        }
        guard case .gaveUp(first, _, "unreachable") = last else {
            Issue.record("\(last)")
            return
        }
        #expect(script.now >= 65_000 && script.now <= 125_000)
        let end = script.now
        script.evaluated([.sample("A"), .sample("B")])
        let step = script.afterItsWait()
        #expect(script.now == end + 60_000)
        guard case .send(let second) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(second.id != first.id)
        #expect(try names(second) == ["A firing", "B firing"])
        #expect(script.machine.droppedAlerts == 0)
    }

    @Test func anEndThatIsGivenUpIsCounted() throws {
        let script = ScriptedMachine { $0.giveUpMilliseconds = 0 }
        try firing(["A"], script)
        script.evaluated([])
        script.now = 65_000
        #expect(script.sent() != nil)
        guard case .gaveUp = script.answered(.failed(reason: "timeout")) else {
            Issue.record("not given up")
            return
        }
        #expect(script.machine.droppedAlerts == 1)
        script.now = 10_000_000
        script.evaluated([])
        #expect(script.sent() == nil)
        #expect(script.machine.groups.isEmpty)
    }

    @Test func whatIsRefusedIsNotTriedAgainBeforeItIsRepeated() throws {
        let script = ScriptedMachine { $0.repeatIntervalMilliseconds = 600_000 }
        script.evaluated([.sample("A")])
        script.now = 5_000
        let message = try #require(script.sent())
        #expect(script.answered(.refused(reason: "status 400")) == .refused(message, reason: "status 400"))
        #expect(script.next() == .wait(until: 605_000))
    }

    /// The receiver's wish is for all that is sent to it.
    @Test func aReceiverMayAskForPatience() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A"), .sample("A", service: "archiver")])
        script.now = 5_000
        let message = try #require(script.sent())
        let event = script.answered(.failed(reason: "status 429", retryAfterMilliseconds: 120_000))
        #expect(event == .willRetry(message, attempts: 1, reason: "status 429", inMilliseconds: 120_000))
        #expect(script.next() == .wait(until: 125_000))
        script.now = 125_000
        #expect(script.sent() != nil)
        // But not for more than an hour.
        script.answered(.failed(reason: "status 503", retryAfterMilliseconds: .max))
        #expect(script.next() == .wait(until: 125_000 + 3_600_000))
    }

    @Test func whatChangesMeanwhileIsTheNextMessage() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A")])
        script.now = 5_000
        let message = try #require(script.sent())
        script.answered(.failed(reason: "timeout"))
        script.now = 5_500
        script.evaluated([.sample("A").ended(), .sample("B")])
        script.now = 6_000
        #expect(script.sent() == message)
        #expect(try names(message) == ["A firing"])
        script.answered(.delivered)
        script.now = 66_000
        script.evaluated([.sample("B")])
        #expect(try names(#require(script.sent())) == ["A resolved", "B firing"])
    }

    // MARK: The end

    @Test func atTheEndEverythingIsTriedOnceMore() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A"), .sample("A", service: "archiver")])
        script.now = 5_000
        let waiting = try #require(script.sent())
        script.answered(.failed(reason: "timeout", retryAfterMilliseconds: 100_000))
        script.machine.stop()
        var last: [HookMessage] = []
        while case .send(let message) = script.next() {
            last.append(message)
            script.answered(.failed(reason: "timeout"))
        }
        #expect(last.count == 2 && last.contains(waiting))
        #expect(script.next() == .finished)
    }

    @Test func atTheEndWithNothingToSayNothingIsSaid() throws {
        let script = ScriptedMachine()
        #expect(script.next() == .wait(until: nil))
        try firing(["A"], script)
        script.machine.stop()
        #expect(script.next() == .finished)
    }

    @Test func whatChangedWhileTheLastAttemptRanIsSaidToo() throws {
        let script = ScriptedMachine()
        script.evaluated([.sample("A")])
        script.now = 5_000
        #expect(script.sent() != nil)
        script.evaluated([.sample("A").ended()])
        script.machine.stop()
        script.answered(.delivered)
        #expect(try names(#require(script.sent())) == ["A resolved"])
        script.answered(.delivered)
        #expect(script.next() == .finished)
    }

    // MARK: Limits

    @Test func whatThereIsNoRoomForIsCounted() throws {
        let script = ScriptedMachine(limits: HookLimits(groups: 1, alertsOfGroup: 3, alertsOfMessage: 2))
        script.evaluated((0..<5).map { .sample("A\($0)") })
        #expect(script.machine.droppedAlerts == 2)
        script.evaluated((0..<3).map { .sample("A\($0)") } + [.sample("B", service: "archiver")])
        #expect(script.machine.droppedAlerts == 3)
        script.now = 5_000
        let message = try #require(script.sent())
        #expect(message.alertCount == 3)
        #expect(try body(message).alerts.count == 2)
        #expect(try body(message).truncatedAlerts == 1)
    }

    // MARK: -

    /// Brings the machine to where these alerts were said.
    @discardableResult
    private func firing(_ names: [String], _ script: ScriptedMachine) throws -> HookMessage {
        script.evaluated(names.map { .sample($0) })
        script.now += 5_000
        let message = try #require(script.sent())
        script.answered(.delivered)
        return message
    }

    private func names(_ message: HookMessage) throws -> [String] {
        try body(message).alerts.map { "\($0.labels["alertname"] ?? "") \($0.status)" }.sorted()
    }

    private func body(_ message: HookMessage) throws -> ReceivedBody { try ReceivedBody(message.body) }
}
