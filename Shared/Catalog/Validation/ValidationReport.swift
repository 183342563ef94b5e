/// What was found in a feed, for the merchant: counts by code, and a few places of each. Its size does not depend on
/// the feed's.
public struct ValidationReport: Sendable, Equatable {
    /// One place where a code was found.
    public struct Sample: Sendable, Equatable {
        /// From 1; 0 where it is about the whole feed.
        public var line: Int
        /// Of the value in its line, in bytes from 1; 0 where it is about the whole row.
        public var column: Int
        /// nil where the item has none.
        public var itemId: String?
        public var attribute: Attribute?
        /// The value, cut to ``ValidationReport/valueBytes``.
        public var value: String?
        /// What is wrong, where that is more than the code says.
        public var detail: String?
    }

    /// What is kept of a value at most.
    public static let valueBytes = 200
    /// How many places of a code are kept.
    public let samplesPerCode: Int

    public private(set) var rows = 0
    public private(set) var accepted = 0
    /// Items with a finding of the level item.
    public private(set) var rejected = 0
    /// Rows that could not be read.
    public private(set) var unreadable = 0
    /// Why the feed ended early.
    public private(set) var error: FeedError?
    private var counts = [Int](repeating: 0, count: ValidationCode.allCases.count)
    private var samples: [[Sample]] = [[Sample]](repeating: [], count: ValidationCode.allCases.count)

    public init(samplesPerCode: Int = 10) { self.samplesPerCode = samplesPerCode }

    /// How often a code was found: items for the level item, findings for warnings, 0 or 1 for a feed.
    public func count(_ code: ValidationCode) -> Int { counts[Int(code.rawValue)] }

    /// The first places where a code was found.
    public func samples(_ code: ValidationCode) -> [Sample] { samples[Int(code.rawValue)] }

    /// The codes that were found: feed, item, warning, and within a level the most frequent first.
    public var codes: [ValidationCode] {
        ValidationCode.allCases.filter { count($0) > 0 }.sorted {
            ($0.level.rawValue, -count($0), $0.rawValue) < ($1.level.rawValue, -count($1), $1.rawValue)
        }
    }

    /// Whether nothing of the feed may be taken.
    public var isFeedRejected: Bool { error != nil || codes.contains { $0.level == .feed } }

    mutating func countRow() { rows += 1 }

    mutating func add(item: borrowing ItemAttributes, isRejected: Bool) {
        if isRejected { rejected += 1 } else { accepted += 1 }
    }

    /// Whether a sample of a code is still wanted.
    @inline(__always)
    func wants(_ code: ValidationCode) -> Bool { samples[Int(code.rawValue)].count < samplesPerCode }

    /// Counts a finding, with a sample where one is wanted.
    mutating func add(_ finding: Finding, _ sample: Sample?) {
        counts[Int(finding.code.rawValue)] += 1
        if let sample, wants(finding.code) { samples[Int(finding.code.rawValue)].append(sample) }
    }

    mutating func add(_ fault: RowFault) {
        unreadable += 1
        add(
            Finding(.parseLineError),
            Sample(
                line: fault.line, column: fault.column, itemId: nil, attribute: nil, value: nil, detail: fault.message))
    }

    mutating func add(_ error: FeedError) {
        self.error = error
        add(
            Finding(FeedRules.code(error)),
            Sample(
                line: error.line, column: error.column, itemId: nil, attribute: nil, value: nil, detail: error.message))
    }

    /// A value for a sample: cut between characters.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > valueBytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: valueBytes)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return String(text[..<end]) + "…"
    }
}
