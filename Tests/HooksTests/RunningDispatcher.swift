import Foundation
import HTTP
import LocalServers
import Logging
import Runtime
import ServiceLifecycle
import Synchronization
import Testing

@testable import Hooks

/// A dispatcher as it runs within a service, with what it logs.
final class RunningDispatcher: Sendable {
    static let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    let dispatcher: HookDispatcher
    let registry = OpenMetricsRegistry()
    let lines = CollectedLines()
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    init(
        _ urls: [String], allowed: Set<String> = ["127.0.0.1"], secrets: [String] = [secret],
        _ change: (inout HookTiming) -> Void = { _ in }
    ) throws {
        var timing = HookTiming()
        timing.groupWaitMilliseconds = 10
        timing.groupIntervalMilliseconds = 20
        timing.firstRetryMilliseconds = 20
        timing.longestRetryMilliseconds = 40
        change(&timing)
        let configuration = HookConfiguration(
            targets: try urls.map { try HookTarget(url: $0, allowed: allowed) },
            secrets: secrets.compactMap { HookSecret($0) }, timing: timing)
        let handler = StructuredLogHandler(service: "test", sink: lines)
        let logger = Logger(label: "test") { _ in handler }
        dispatcher = HookDispatcher(configuration, registry: registry, logger: logger)
        group = ServiceGroup(services: [dispatcher], logger: Logger(label: "group") { _ in SwiftLogNoOpLogHandler() })
        running = Task { [group] in try await group.run() }
    }

    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    func metric(_ name: String) -> String? {
        registry.exposition().split(separator: "\n").first { $0.hasPrefix(name + " ") }.map {
            String($0.dropFirst(name.count + 1))
        }
    }
}

/// A log sink that keeps what it is given.
final class CollectedLines: LogSink {
    private let lines = Mutex<[String]>([])

    func write(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }

    var all: String { lines.withLock { $0.joined() } }
}

/// Asks again and again until a condition holds; fails the test when the time is over.
func until(_ what: String, within limit: Duration = .seconds(60), _ condition: () throws -> Bool) async throws {
    let deadline = ContinuousClock.now + Patience.stretching(limit)
    while try !condition() {
        try #require(ContinuousClock.now < deadline, "never came within \(limit): \(what)")
        try await Task.sleep(for: .milliseconds(5))
    }
}
