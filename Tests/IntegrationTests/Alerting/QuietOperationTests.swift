import LocalServers
import Testing

/// What is done to services every day wakes nobody up.
@Suite(.serialized)
struct QuietOperationTests {
    @Test("A restart, a kill -9 and a rollout of two processes, each on a stack of its own: nothing fires")
    func quiet() async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { try await Self.restart() }
            group.addTask { try await Self.kill() }
            group.addTask { try await Self.rollout() }
            try await group.waitForAll()
        }
    }

    private static func restart() async throws {
        try await WatchedStack.with(pace: .quick) { stack, processes in
            #expect(try await processes[0].terminate() == .exited(0))
            try await stack.expectQuiet(after: try stack.services.start())
        }
    }

    private static func kill() async throws {
        try await WatchedStack.with(pace: .quick) { stack, processes in
            try await processes[0].kill()
            try await stack.expectQuiet(after: try stack.services.start())
        }
    }

    private static func rollout() async throws {
        try await WatchedStack.with(aggregators: 2, pace: .quick) { stack, processes in
            for (number, process) in processes.enumerated() {
                #expect(try await process.terminate() == .exited(0))
                try await stack.expectQuiet(after: try stack.services.start(number))
            }
        }
    }
}

extension WatchedStack {
    /// The process works, every objective is kept again, no rule waits to fire, and none has fired.
    fileprivate func expectQuiet(after process: Aggregator) async throws {
        try await process.waitForFirstCommit()
        // Two scrapes and evaluations of the new process at least: what it shows is judged.
        try await until("everything is well again", within: .seconds(90)) {
            let isScraped = try await alerting.query("count_over_time(up[10s]) and up == 0").isEmpty
            let isKept = try await alerting.query("sluice_objective_value > sluice_objective_threshold").isEmpty
            let isSettled =
                try await alerting.query(
                    "min(count_over_time(sluice_objective_value{objective=\"availability\"}[10s])) >= 5"
                ).count == 1
            let waits = try await alerting.query("ALERTS")
            return isScraped && isKept && isSettled && waits.isEmpty
        }
        let told = alerting.receiver.notices.map(\.name)
        #expect(told == [])
        #expect(try await alerting.everFired() == [])
    }
}
