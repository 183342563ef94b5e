@testable import Sluice

/// States of the console to look at.
enum SampleState {
    static let now: Int64 = 1_795_000_000_000

    /// Everything is there and well.
    static func healthy() -> ConsoleState {
        var state = ConsoleState(
            at: now, job: "spend-aggregator",
            flow: ConsoleState.Flow(
                eventsTopic: "ad-events", adjustmentsTopic: "spend-adjustments", budgetsTopic: "campaign-budgets",
                signalsTopic: "budget-signals", read: 12_345.4, sideRead: 3.26, duplicates: 0.04, committed: 12_000,
                rows: 512, checkpoints: 1, deadLettered: 0, published: 0.5, waiting: 2))
        state.sources = [
            .init(name: "PostgreSQL", state: "ok", at: now - 1_500), .init(name: "Kafka", state: "ok", at: now - 900),
        ]
        state.services = [
            .init(
                name: "spend-aggregator", url: "http://127.0.0.1:9464", version: "0.1.0", state: "ready", reasons: [],
                upSeconds: 3_725, at: now)
        ]
        state.partitions = [
            .init(
                topic: "ad-events", partition: 0, owner: "host/1/2", epoch: 3, nextOffset: 1_234_567, lag: 40,
                watermark: now - 31_250, committedAt: now - 400, isIdle: false, isStopped: false),
            .init(
                topic: "ad-events", partition: 1, owner: "host/1/2", epoch: 3, nextOffset: nil, lag: 0,
                watermark: nil, committedAt: now - 60_000, isIdle: true, isStopped: false),
        ]
        state.freshness = [
            .init(
                service: "spend-aggregator",
                recent: ServiceHistory.Percentiles(p50: 0.412, p90: 0.9, p99: 1.25, observations: 120),
                sinceStart: ServiceHistory.Percentiles(p50: 0.5, p90: 1, p99: 2, observations: 5_000))
        ]
        state.objectives = [.init(service: "spend-aggregator", objective: objective())]
        state.reconciliations = [
            .init(
                report: "0123456789abcdef", kind: "hour", topic: "ad-events", from: now - 3_600_000, to: now,
                verdict: "match", records: 2_000_000, differences: 0, finishedAt: now - 240_000)
        ]
        state.letters = [
            .init(
                topic: "ad-events", partition: 1, offset: 77, reason: "undecodable", storedAt: now - 5_000,
                payloadBytes: 9),
            .init(
                topic: "ad-events", partition: 1, offset: 76, reason: "currency", storedAt: now - 6_000,
                redrivenAt: now - 1_000, payloadBytes: 90, fields: [.init(name: "campaign_id", value: "42")]),
        ]
        return state
    }

    static func objective(state: String = "ok", cause: String? = nil) -> ServedObjective {
        ServedObjective(
            name: "freshness", title: "Event to committed row", unit: "seconds", value: 1.2, atMost: 15,
            target: 0.9995, window: "30d", policy: "burn", burn: ["6h": 0.5, "5m": 16.31, "1h": 1, "30m": 0],
            state: state, since: state == "ok" ? nil : now - 65_000, cause: cause)
    }

    /// PostgreSQL is gone, a partition is stopped, an objective pages, and a figure differs.
    static func broken() -> ConsoleState {
        var state = healthy()
        state.sources[0] = .init(
            name: "PostgreSQL", state: "failed", at: now - 42_000, problem: "connection refused")
        state.services[0].state = "not_ready"
        state.services[0].reasons = ["postgres: connection refused"]
        state.partitions[0].isStopped = true
        state.objectives = [
            .init(service: "spend-aggregator", objective: objective(state: "page", cause: "postgres: gone"))
        ]
        state.reconciliations[0].verdict = "mismatch"
        state.reconciliations[0].differences = 3
        return state
    }

    /// Every text that comes from elsewhere is hostile.
    static func hostile(_ text: String) -> ConsoleState {
        var state = broken()
        state.job = text
        state.sources[0].problem = text
        state.services[0].name = text
        state.services[0].url = text
        state.services[0].version = text
        state.services[0].reasons = [text, text]
        state.partitions[0].topic = text
        state.partitions[0].owner = text
        state.freshness[0].service = text
        var objective = objective(state: text, cause: text)
        objective.title = text
        objective.unit = text
        objective.window = text
        objective.burn = [text: 2]
        state.objectives = [.init(service: text, objective: objective)]
        state.reconciliations[0].obstacle = text
        state.reconciliations[0].kind = text
        state.reconciliations[0].report = text
        state.letters[0].reason = text
        state.letters[0].topic = text
        state.letters[1].fields = [.init(name: text, value: text)]
        state.flow.eventsTopic = text
        state.flow.adjustmentsTopic = text
        state.flow.budgetsTopic = nil
        state.flow.signalsTopic = text
        state.sources.append(.init(name: "doctor", state: "ok", at: now))
        state.diagnosis = Diagnosis(
            findings: [
                .init(
                    cause: text, title: text, likelihood: 1, evidence: [text],
                    nextSteps: [.init(text: text, command: text)], runbook: text)
            ], notExamined: [text], healthy: [text], at: now)
        return state
    }
}
