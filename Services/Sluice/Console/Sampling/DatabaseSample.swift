/// What PostgreSQL says of a job.
struct DatabaseSample: Sendable {
    struct Partition: Sendable {
        var topic: String
        var partition: Int64
        var owner: String
        var epoch: Int64
        var nextOffset: Int64?
        var watermarkMilliseconds: Int64?
        var records: Int64
        var deadLetters: Int64
        var updatedMilliseconds: Int64
        /// Everything was read, and nothing came for a while.
        var isIdle: Bool
    }

    struct Reconciliation: Sendable {
        var report: String
        var kind: String
        var topic: String
        var fromMilliseconds: Int64?
        var toMilliseconds: Int64?
        var verdict: String
        var obstacle: String?
        var records: Int64
        var differences: Int64
        var finishedMilliseconds: Int64
    }

    struct Letter: Sendable {
        var topic: String
        var partition: Int64
        var offset: Int64
        var reason: String
        var storedMilliseconds: Int64
        var redrivenMilliseconds: Int64?
        var payloadBytes: Int64?
        /// What is known of the record; nil where its bytes do not decode, or are of another schema.
        var fields: [(name: String, value: String)]?
    }

    struct Outbox: Sendable {
        var output: String
        /// Messages that are decided and not known as published.
        var waiting: Int64
    }

    var partitions: [Partition] = []
    var reconciliations: [Reconciliation] = []
    var letters: [Letter] = []
    var outbox: [Outbox] = []
    /// The database's clock: what `updated` is compared with.
    var nowMilliseconds: Int64 = 0
    /// What of it could not be read, in words; the rest is there.
    var gaps: [String] = []
}
