/// What the page says: every text of it, in words and units. The members are named for their places in
/// Page/console.mustache; no two levels share a name, because a template that does not find a name in an element looks for it
/// further out. Lists have a `key` by which the page tells their elements apart.
struct ConsolePage: Sendable, Encodable {
    struct Fact: Sendable, Encodable {
        var key: String
        var factLabel: String
        var factFigure: String
        var factRemark: String
    }
    struct Line: Sendable, Encodable {
        var key: String
        var lineText: String
    }
    struct Step: Sendable, Encodable {
        var key: String
        var stepText: String
        var stepCommand: String
        var stepHasCommand: Bool
    }
    struct Finding: Sendable, Encodable {
        var key: String
        var findingNumber: String
        var findingTitle: String
        var findingCause: String
        var findingCertainty: String
        var findingEvidence: [Line]
        var findingSteps: [Step]
        var findingRunbook: String
        var findingHasRunbook: Bool
    }
    struct Burn: Sendable, Encodable {
        var key: String
        var burnWindow: String
        var burnRate: String
        var burnClass: String
    }
    struct ObjectiveRow: Sendable, Encodable {
        var key: String
        var objectiveTitle: String
        var objectiveService: String
        var objectiveValue: String
        var objectiveLimit: String
        var objectiveClass: String
        var objectiveMark: String
        var objectiveState: String
        var objectiveCause: String
        var objectiveHasCause: Bool
        var objectiveBurns: [Burn]
    }
    struct ServiceRow: Sendable, Encodable {
        var key: String
        var serviceName: String
        var serviceURL: String
        var serviceVersion: String
        var serviceClass: String
        var serviceMark: String
        var serviceState: String
        var serviceReasons: [Line]
        var serviceUp: String
    }
    struct PartitionRow: Sendable, Encodable {
        var key: String
        var partitionName: String
        var partitionOwner: String
        var partitionNext: String
        var partitionLag: String
        var partitionWatermark: String
        var partitionCommit: String
        var partitionClass: String
        var partitionMark: String
        var partitionState: String
    }
    struct FreshnessRow: Sendable, Encodable {
        var key: String
        var freshnessName: String
        var freshnessP50: String
        var freshnessP90: String
        var freshnessP99: String
        var freshnessCount: String
    }
    struct ReconciliationRow: Sendable, Encodable {
        var key: String
        var reconciliationClass: String
        var reconciliationMark: String
        var reconciliationVerdict: String
        var reconciliationScope: String
        var reconciliationNote: String
        var reconciliationHasNote: Bool
        var reconciliationRecords: String
        var reconciliationDifferences: String
        var reconciliationWhen: String
        var reconciliationReport: String
    }
    struct Field: Sendable, Encodable {
        var key: String
        var fieldName: String
        var fieldValue: String
    }
    struct LetterRow: Sendable, Encodable {
        var key: String
        var letterPlace: String
        var letterReason: String
        var letterWhen: String
        var letterRedriven: String
        var letterHasRedriven: Bool
        var letterNote: String
        var letterHasNote: Bool
        var letterFields: [Field]
    }
    struct SourceRow: Sendable, Encodable {
        var key: String
        var sourceClass: String
        var sourceMark: String
        var sourceName: String
        var sourceWords: String
    }

    var documentTitle: String
    var verdictClass: String
    var verdictMark: String
    var headline: String
    var lede: String
    var reasons: [Line]
    /// Said to those who listen to the page, when it changes.
    var announcement: String
    /// What is said beside figures of PostgreSQL, and of Kafka, that are old.
    var staleDatabase: String
    var hasStaleDatabase: Bool
    var staleLog: String
    var hasStaleLog: Bool
    var facts: [Fact]
    var hasDiagnosis: Bool
    var diagnosisSummary: String
    var findings: [Finding]
    var notExamined: [Line]
    var hasNotExamined: Bool
    var objectives: [ObjectiveRow]
    var hasObjectives: Bool
    var hasNoObjectives: Bool
    var graph: JobGraph
    var services: [ServiceRow]
    var partitions: [PartitionRow]
    var hasPartitions: Bool
    var hasNoPartitions: Bool
    var partitionSummary: String
    var freshness: [FreshnessRow]
    var hasFreshness: Bool
    var hasNoFreshness: Bool
    var reconciliations: [ReconciliationRow]
    var hasReconciliations: Bool
    var hasNoReconciliations: Bool
    var letters: [LetterRow]
    var hasLetters: Bool
    var hasNoLetters: Bool
    var sources: [SourceRow]
    var footer: String
}
