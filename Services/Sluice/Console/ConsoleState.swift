/// Everything that the console knows at a moment: what `/api/state` serves. Fields are added, never changed; with `version` 2
/// they may be.
struct ConsoleState: Sendable, Codable {
    /// Where figures come from, and whether they are of now.
    struct Source: Sendable, Codable {
        /// `postgres`, `kafka`, `doctor`, or `service NAME`.
        var name: String
        /// `waiting` (not asked yet), `ok`, `failed`, or `silent` (the question is out for too long).
        var state: String
        /// Unix milliseconds of the last answer.
        var at: Int64?
        var problem: String?
    }

    struct Service: Sendable, Codable {
        var name: String
        var url: String
        var version: String?
        /// `ready`, `not_ready`, `stuck` (its liveness fails), `unreachable`, `absent` (nobody named it, and
        /// nothing answers), or `unknown`.
        var state: String
        /// Why it is not ready, in words.
        var reasons: [String]
        var upSeconds: Int64?
        var at: Int64?
    }

    struct Partition: Sendable, Codable {
        var topic: String
        var partition: Int64
        var owner: String?
        var epoch: Int64
        var nextOffset: Int64?
        var lag: Int64?
        /// Unix milliseconds, as all times here.
        var watermark: Int64?
        var committedAt: Int64
        var isIdle: Bool
        var isStopped: Bool
    }

    struct Freshness: Sendable, Codable {
        var service: String
        var recent: ServiceHistory.Percentiles?
        var sinceStart: ServiceHistory.Percentiles?
    }

    struct Objective: Sendable, Codable {
        var service: String
        var objective: ServedObjective
    }

    struct Reconciliation: Sendable, Codable {
        var report: String
        var kind: String
        var topic: String
        var from: Int64?
        var to: Int64?
        var verdict: String
        var obstacle: String?
        var records: Int64
        var differences: Int64
        var finishedAt: Int64
    }

    struct Letter: Sendable, Codable {
        struct Field: Sendable, Codable {
            var name: String
            var value: String
        }
        var topic: String
        var partition: Int64
        var offset: Int64
        var reason: String
        var storedAt: Int64
        var redrivenAt: Int64?
        var payloadBytes: Int64?
        /// Nil where the bytes do not decode. Fields about a person are left out.
        var fields: [Field]?
    }

    /// What flows through the job, per second; nil where it is not known.
    struct Flow: Sendable, Codable {
        var eventsTopic: String
        var adjustmentsTopic: String?
        var budgetsTopic: String?
        var signalsTopic: String?
        var read: Double?
        var sideRead: Double?
        var duplicates: Double?
        var committed: Double?
        var rows: Double?
        var checkpoints: Double?
        var deadLettered: Double?
        var published: Double?
        /// Signals that are decided and not known as published.
        var waiting: Int64?
    }

    var version = 1
    /// Grows with each state of this process.
    var sequence: Int64 = 0
    /// Unix milliseconds by the console's clock.
    var at: Int64
    var job: String
    var sources: [Source] = []
    var services: [Service] = []
    var partitions: [Partition] = []
    var freshness: [Freshness] = []
    var objectives: [Objective] = []
    var reconciliations: [Reconciliation] = []
    var letters: [Letter] = []
    var flow: Flow
    var diagnosis: Diagnosis?
}
