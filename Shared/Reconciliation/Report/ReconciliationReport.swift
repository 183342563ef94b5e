/// A reconciliation: what was compared, and what came of it. Its JSON is documented in Shared/Reconciliation/README.md and
/// versioned by `schemaVersion`; all amounts are decimal text in billionths of their currency, all times milliseconds of Unix
/// time.
public struct ReconciliationReport: Codable, Equatable, Sendable {
    public static let currentSchemaVersion = 1

    public enum Verdict: String, Codable, Sendable { case match, mismatch, couldNotCompare = "could_not_compare" }
    public enum CheckStatus: String, Codable, Sendable { case match, mismatch, notChecked = "not_checked" }
    /// What a difference or a finding is.
    public enum Class: String, Codable, Sendable, CaseIterable {
        case missingEvent = "missing_event"
        case countedTwice = "counted_twice"
        case duplicateBeyondHorizon = "duplicate_beyond_horizon"
        case duplicateAcrossPartitions = "duplicate_across_partitions"
        case lateAfterClose = "late_after_close"
        case invalid = "invalid"
        case adjustmentMissing = "adjustment_missing"
        case rowWithoutEvents = "row_without_events"
        case deadLetter = "dead_letter"
        case progress = "progress"
        case budgetSignal = "budget_signal"
        case externalLedger = "external_ledger"
        case unknown = "unknown"
    }

    public var schemaVersion = Self.currentSchemaVersion
    /// Hexadecimal SHA-256 of `figures`, in the first 16 digits: what `sluice reconcile explain` takes before a difference's number.
    public var id = ""
    public var createdAtMilliseconds: Int64 = 0
    /// The program and its version.
    public var program = ""
    public var verdict = Verdict.match
    /// Why it could not be compared; nil otherwise.
    public var obstacle: String?
    public var scope = Scope()
    public var checks: [Check] = []
    public var totals: [CurrencyTotal] = []
    public var hours: [HourPoint] = []
    /// How many rows differ in all; `differences` has the largest of them.
    public var differenceCount: Int64 = 0
    public var differences: [Difference] = []
    /// What agrees by contract and is worth knowing: it does not make a mismatch.
    public var findings: [Finding] = []
    public var external: ExternalComparison?
    /// How it was calculated, a sentence each.
    public var method: [String] = []
    /// Under which assumptions it holds, a sentence each; what was left out and why.
    public var assumptions: [String] = []
    public var signatures: [Signature] = []
    public var cost = Cost()

    public init() {}

    /// What was compared: a closed range of event time, bounded by offsets.
    public struct Scope: Codable, Equatable, Sendable {
        public var job = ""
        public var topic = ""
        public var adjustmentsTopic: String?
        /// "topic ad-events": where the records were read.
        public var source = ""
        /// Windows that begin in `from ..< to`; nil: unbounded.
        public var fromMilliseconds: Int64?
        public var toMilliseconds: Int64?
        public var horizonMilliseconds: Int64 = 0
        public var outOfOrdernessMilliseconds: Int64 = 0
        public var records: Int64 = 0
        public var partitions: [PartitionScope] = []
        public init() {}
    }

    public struct PartitionScope: Codable, Equatable, Sendable {
        public var topic: String
        public var partition: Int32
        /// The records `fromOffset ..< toOffset` are in both sides.
        public var fromOffset: Int64
        public var toOffset: Int64
        public var logStart: Int64
        public var logEnd: Int64
        /// Hexadecimal, of every record in that range; not cryptographic.
        public var contentHash: String
        public init(
            topic: String, partition: Int32, fromOffset: Int64, toOffset: Int64, logStart: Int64, logEnd: Int64,
            contentHash: String
        ) {
            self.topic = topic
            self.partition = partition
            self.fromOffset = fromOffset
            self.toOffset = toOffset
            self.logStart = logStart
            self.logEnd = logEnd
            self.contentHash = contentHash
        }
    }

    /// One comparison of two things, each computed in its own way.
    public struct Check: Codable, Equatable, Sendable {
        /// A fixed name: `minute`, `ad_hour`, `dead_letters`, `progress`.
        public var name: String
        /// What is compared with what, for people.
        public var title: String
        public var compared: Int64
        public var differing: Int64
        public var status: CheckStatus
        /// Why it was not checked, or what else is to be said.
        public var note: String?
        public init(
            name: String, title: String, compared: Int64, differing: Int64, status: CheckStatus, note: String? = nil
        ) {
            self.name = name
            self.title = title
            self.compared = compared
            self.differing = differing
            self.status = status
            self.note = note
        }
    }

    /// Spend of one currency: by the recount and by the results.
    public struct CurrencyTotal: Codable, Equatable, Sendable {
        public var currency: String
        public var expectedNanos: String
        public var actualNanos: String
        public var adjustmentNanos: String
        public var impressions: Int64
        public var clicks: Int64
        public var conversions: Int64
        public var videoViews: Int64
        public init(currency: String) {
            self.currency = currency
            expectedNanos = "0"
            actualNanos = "0"
            adjustmentNanos = "0"
            impressions = 0
            clicks = 0
            conversions = 0
            videoViews = 0
        }
    }

    /// An hour of event time, for the picture: one a currency, the largest few currencies.
    public struct HourPoint: Codable, Equatable, Sendable {
        public var startMilliseconds: Int64
        public var currency: String
        public var expectedNanos: String
        public var actualNanos: String
        /// Minutes of campaigns that differ in this hour.
        public var differingRows: Int64
        public init(
            startMilliseconds: Int64, currency: String, expectedNanos: String, actualNanos: String, differingRows: Int64
        ) {
            self.startMilliseconds = startMilliseconds
            self.currency = currency
            self.expectedNanos = expectedNanos
            self.actualNanos = actualNanos
            self.differingRows = differingRows
        }
    }

    /// The place of a record.
    public struct EventPlace: Codable, Equatable, Hashable, Sendable {
        public var topic: String
        public var partition: Int32
        public var offset: Int64
        public init(topic: String, partition: Int32, offset: Int64) {
            self.topic = topic
            self.partition = partition
            self.offset = offset
        }
    }

    /// Something that is not what the log says.
    public struct Difference: Codable, Equatable, Sendable {
        /// From 1; with the report's id it names the difference: `3f2a...-1`.
        public var number: Int
        public var check: String
        public var `class`: Class
        /// Where it is a row: its key by column names, in the table's order (`minute`, `campaign_id`, ...); times as ISO 8601.
        public var key: [KeyPart]
        public var columns: [Column]
        /// Actual less expected spend, in nanos of `currency`; "0" where no money is off.
        public var nanos: String
        public var currency: String?
        /// The events that make it up, the first `events.count` of `eventCount`.
        public var events: [EventPlace]
        public var eventCount: Int64
        /// One sentence for people: what it looks like, and why.
        public var explanation: String
        public init(
            number: Int, check: String, class: Class, key: [KeyPart], columns: [Column], nanos: String,
            currency: String?,
            events: [EventPlace], eventCount: Int64, explanation: String
        ) {
            self.number = number
            self.check = check
            self.class = `class`
            self.key = key
            self.columns = columns
            self.nanos = nanos
            self.currency = currency
            self.events = events
            self.eventCount = eventCount
            self.explanation = explanation
        }
    }

    public struct KeyPart: Codable, Equatable, Sendable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public struct Column: Codable, Equatable, Sendable {
        public var name: String
        /// By the log. Decimal text; null where there must be nothing.
        public var expected: String?
        /// In the results; null where there is nothing.
        public var actual: String?
        public init(_ name: String, expected: String?, actual: String?) {
            self.name = name
            self.expected = expected
            self.actual = actual
        }
    }

    public struct Finding: Codable, Equatable, Sendable {
        public var `class`: Class
        public var count: Int64
        /// What they add up to, by currency.
        public var nanos: [KeyPart]
        /// The first few.
        public var events: [EventPlace]
        public var explanation: String
        public init(class: Class, count: Int64, nanos: [KeyPart], events: [EventPlace], explanation: String) {
            self.class = `class`
            self.count = count
            self.nanos = nanos
            self.events = events
            self.explanation = explanation
        }
    }

    /// Days against what a billing system thinks.
    public struct ExternalComparison: Codable, Equatable, Sendable {
        /// "file billing.csv", "table billing.day".
        public var source: String
        public var toleranceNanos: String
        public var tolerancePercent: String
        public var compared: Int64
        public var within: Int64
        public var differing: Int64
        public var missingThere: Int64
        public var missingHere: Int64
        public init(
            source: String, toleranceNanos: String, tolerancePercent: String, compared: Int64, within: Int64,
            differing: Int64, missingThere: Int64, missingHere: Int64
        ) {
            self.source = source
            self.toleranceNanos = toleranceNanos
            self.tolerancePercent = tolerancePercent
            self.compared = compared
            self.within = within
            self.differing = differing
            self.missingThere = missingThere
            self.missingHere = missingHere
        }
    }

    public struct Signature: Codable, Equatable, Sendable {
        public var name: String
        public var value: String
        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// What it took; not among the figures.
    public struct Cost: Codable, Equatable, Sendable {
        public var wallMilliseconds: Int64 = 0
        public var cpuMilliseconds: Int64 = 0
        public init() {}
    }
}
