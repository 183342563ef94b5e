@testable import Sluice

/// Observations of a system that is well, for tests that make one thing wrong.
enum DoctorCase {
    static let now: Int64 = 1_764_000_000_000

    static func progress(
        _ partition: Int64, next: Int64 = 1_000, owner: String = "a/41/7", epoch: Int64 = 1, age: Int64 = 500
    ) -> ProgressSight {
        ProgressSight(
            topic: "ad-events", partition: partition, epoch: epoch, nextOffset: next, streamTime: now - 1_000,
            owner: owner, records: next, duplicates: 0, lateEvents: 0, deadLetters: 0, age: age)
    }

    static func probe(
        _ name: String, reasons: [ServiceProbe.Reason] = [], metrics: String = "", settings: [String: String] = [:]
    ) -> ServiceProbe {
        let own = [
            "job": "spend-aggregator", "kafka.topic": "ad-events", "kafka.group": "spend-aggregator",
            "kafka.instance-id": name, "dedup.maximum-ids": "1000",
        ]
        return ServiceProbe(
            address: ServiceAddress(name: name, url: "http://10.0.0.1:9464"), liveness: .answered([]),
            readiness: .answered(reasons), metrics: .answered(MetricsText(metrics)),
            configuration: .answered(own.merging(settings) { $1 }), objectives: .answered([]), milliseconds: 5)
    }

    static func silent(_ name: String, _ why: String) -> ServiceProbe {
        ServiceProbe(
            address: ServiceAddress(name: name, url: "http://10.0.0.1:9464"), liveness: .failed(why),
            readiness: .failed(why),
            metrics: .failed(why), configuration: .failed(why), objectives: .failed(why), milliseconds: 5)
    }

    static func session(
        _ pid: Int64, _ application: String, state: String = "active", blockedBy: [Int64] = [], age: Int64 = 2_000,
        wait: (String, String)? = nil, holds: [String] = []
    ) -> SessionState {
        SessionState(
            pid: pid, application: application, user: "u", client: "10.0.0.2", state: state,
            waitType: blockedBy.isEmpty ? wait?.0 : "Lock", waitEvent: blockedBy.isEmpty ? wait?.1 : "transactionid",
            transactionAge: age, statementAge: age, stateAge: age, words: "UPDATE sluice.progress SET",
            blockedBy: blockedBy,
            holds: holds)
    }

    static func healthy() -> Observations {
        var seen = Observations(at: now, job: "spend-aggregator")
        seen.services = [probe("a")]
        var database = DatabaseState(
            role: "op", mayRead: true, maximumConnections: 100, reservedConnections: 3, connections: 9)
        database.sessions = [session(11, "spend-aggregator/a", state: "idle")]
        seen.database = .seen(database)
        var results = ResultsState()
        results.progress = [progress(0), progress(1), progress(2), progress(3)]
        seen.results = .seen(results)
        seen.laterProgress = results.progress
        var log = LogState()
        log.topics = ["ad-events": LogState.Topic(partitions: 4, led: 4)]
        log.ends = ["ad-events": [0: ends(1_000), 1: ends(1_000), 2: ends(1_000), 3: ends(1_000)]]
        seen.log = .seen(log)
        return seen
    }

    static func ends(_ end: Int64, from start: Int64 = 0) -> LogState.Ends { LogState.Ends(start: start, end: end) }

    static func unreachable(_ message: String, _ kind: LookFailure.Kind = .unreachable) -> LookFailure {
        LookFailure(kind: kind, message: message)
    }
}

extension Observations {
    mutating func changeDatabase(_ change: (inout DatabaseState) -> Void) {
        guard var state = database.value else { return }
        change(&state)
        database = .seen(state)
    }

    mutating func changeResults(_ change: (inout ResultsState) -> Void) {
        guard var state = results.value else { return }
        change(&state)
        results = .seen(state)
    }

    mutating func changeLog(_ change: (inout LogState) -> Void) {
        guard var state = log.value else { return }
        change(&state)
        log = .seen(state)
    }

    var causes: [String] { Doctor.diagnose(self).findings.map(\.cause) }
}
