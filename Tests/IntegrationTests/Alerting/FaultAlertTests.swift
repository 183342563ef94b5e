import Foundation
import Kafka
import LocalServers
import Streams
import Testing

/// Each fault is made for real, and the right alert arrives at the receiver, says the cause, and ends after the mend.
@Suite(.serialized)
struct FaultAlertTests {
    @Test("A partition that stops pages at once, says why, and the page ends once the gap is accepted")
    func stoppedPartition() async throws {
        try await WatchedStack.with(pace: .quick) { stack in
            let (scenario, alerting) = (stack.scenario, stack.alerting)
            var process = try stack.start(flags: ["--kafka-contiguous", "true"])
            let stream = try stack.trickle(seconds: 120)
            try await process.waitForFirstCommit()
            try await alerting.untilScraped(1)
            // A transaction ends with a marker, which takes an offset: the topic was declared to skip none.
            let start = ContinuousClock.now
            let now = Int64(Date().timeIntervalSince1970 * 1_000)
            try await scenario.produce([.click(1, partition: 1, at: now)], transaction: true)
            try await scenario.produce([.click(2, partition: 1, at: now)])
            let page = try await alerting.notice(
                of: "SluicePartitionStopped", since: start, within: .seconds(30))
            print("stopped partition: page after \((page.at - start).inSeconds) s")
            #expect(page.labels["partition"] == "1")
            let stop = try await process.waitFor("partition stopped")
            #expect(stop["reason"] == "offsets_missing")
            let gap = try #require(stop["explanation"]?.firstMatch(of: /--accept-gap-to (\d+)/)?.1)
            try await process.terminate()
            try await scenario.expectSet(1, ["--accept-gap-to", String(gap)])
            let mended = ContinuousClock.now
            process = try stack.start()
            _ = try await alerting.notice(
                of: "SluicePartitionStopped", firing: false, since: mended, within: .seconds(30))
            let fired = try await alerting.everFired()
            #expect(fired == ["SluicePartitionStopped page"], "\(fired)")
            try await stream.interrupt()
            try await process.terminate()
        }
    }
}
