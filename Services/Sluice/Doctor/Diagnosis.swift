/// What `sluice doctor` found, the likeliest cause first.
struct Diagnosis: Sendable, Equatable, Codable {
    /// One thing that is wrong.
    struct Finding: Sendable, Equatable, Codable {
        /// A fixed code, such as `lock_blocked`.
        var cause: String
        /// What is wrong, in one sentence.
        var title: String
        /// From 0 to 1: how sure it is that this is a cause and no consequence.
        var likelihood: Double
        /// What was seen, each with where it was seen.
        var evidence: [String]
        var nextSteps: [NextStep]
        /// Such as `deploy/spend-aggregator/runbook.md#commits-fail`.
        var runbook: String?
    }

    struct NextStep: Sendable, Equatable, Codable {
        /// What it does, and what to know before.
        var text: String
        /// The command that does it, ready to paste; nil where it is done elsewhere.
        var command: String?
    }

    /// Likeliest first; empty: healthy.
    var findings: [Finding]
    /// What could not be looked at, and why; a diagnosis with such gaps does not say "healthy".
    var notExamined: [String]
    /// What was looked at and is well, in words.
    var healthy: [String]
    /// Unix milliseconds.
    var at: Int64
}
