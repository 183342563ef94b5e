/// What is counted over a feed: rows, ids that were there before, items of each group. Memory is 8 bytes an item and
/// 16 a group, times two to four for free slots.
public struct FeedCounters: Sendable {
    public private(set) var rows = 0
    private var ids = HashedSet()
    private var groups = HashedCounts()

    public init() {}

    /// Counts a row that was read, with or without a fault.
    public mutating func countRow() { rows += 1 }

    /// Counts an item and appends what is found about it as one of the feed's.
    public mutating func count(
        _ item: borrowing ItemAttributes, _ settings: ValidationSettings, into findings: inout [Finding]
    ) {
        let bytes = item.bytes.span
        if let range = item.range(of: .id), !ids.insert(bytes.extracting(range).hash64) {
            findings.append(Finding(.duplicateProducts, .id))
        }
        if let range = item.range(of: .itemGroupId),
            groups.increment(bytes.extracting(range).hash64) > settings.itemsPerGroup
        {
            findings.append(Finding(.maxItemsPerItemGroupExceeded, .itemGroupId))
        }
    }
}

/// Hashes that were seen: open addressing, at most half full. Two different ids share a hash with a probability of 1
/// in 10⁶ for a feed of five million.
struct HashedSet: Sendable {
    // 0 is a free slot; the hash 0 is taken for 1.
    private var slots = [UInt64](repeating: 0, count: 1024)
    private(set) var count = 0

    /// Whether it is new.
    @inline(__always)
    mutating func insert(_ hash: UInt64) -> Bool {
        if count * 2 >= slots.count { grow() }
        let value = max(hash, 1)
        var slot = Int(truncatingIfNeeded: value) & (slots.count - 1)
        while slots[slot] != 0 {
            if slots[slot] == value { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = value
        count += 1
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for value in old where value != 0 {
            var slot = Int(truncatingIfNeeded: value) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = value
        }
    }
}

/// A count for each hash.
struct HashedCounts: Sendable {
    private var slots = [(hash: UInt64, count: Int)](repeating: (0, 0), count: 256)
    private var used = 0

    /// The count with this one.
    @inline(__always)
    mutating func increment(_ hash: UInt64) -> Int {
        if used * 2 >= slots.count { grow() }
        let value = max(hash, 1)
        var slot = Int(truncatingIfNeeded: value) & (slots.count - 1)
        while slots[slot].hash != 0, slots[slot].hash != value { slot = (slot + 1) & (slots.count - 1) }
        if slots[slot].hash == 0 { used += 1 }
        slots[slot] = (value, slots[slot].count + 1)
        return slots[slot].count
    }

    private mutating func grow() {
        let old = slots
        slots = [(hash: UInt64, count: Int)](repeating: (0, 0), count: old.count * 2)
        for entry in old where entry.hash != 0 {
            var slot = Int(truncatingIfNeeded: entry.hash) & (slots.count - 1)
            while slots[slot].hash != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = entry
        }
    }
}

/// What is known of a feed beyond its bytes, by whoever reads it. nil is not known, and not checked.
public struct FeedFacts: Sendable, Equatable {
    /// Items of the last complete run.
    public var previousItems: Int?
    /// Of the feed's bytes, now and in the last complete run.
    public var signature: UInt64?
    public var previousSignature: UInt64?
    /// For how many days the feed has not changed.
    public var daysUnchanged: Int?

    public init() {}
}

/// What is wrong with a feed as a whole: pure functions of what was counted and is known.
public enum FeedRules {
    /// Of the header, or of all names once the feed is read.
    public static func header(known: AttributeSet, repeated: [String]) -> [Finding] {
        var findings: [Finding] = []
        for attribute in ValidationSettings.required where !known.contains(attribute) {
            findings.append(Finding(.requiredColumnsMissing, attribute))
        }
        if !repeated.isEmpty { findings.append(Finding(.duplicateHeaders)) }
        return findings
    }

    /// The code of an error that ended a feed.
    public static func code(_ error: FeedError) -> ValidationCode {
        switch error.reason {
        case .empty: .feedTooSmall
        case .utf16WithoutMark, .utf32, .invalidUTF16, .notUTF8, .encodingUnsupported, .compressed, .spreadsheet:
            .encodingError
        case .noDelimiter, .headerTooLong, .headerQuoteOpen, .tooManyColumns, .webPage, .jsonArray: .delimiterError
        case .notRSSOrAtom, .documentType, .mismatchedTag, .badTag, .badEntity, .unexpectedEnd, .tooDeep,
            .textOutsideRoot:
            .malformedXml
        }
    }

    /// At the end of a feed that was read completely.
    ///
    /// - Parameter items: Those that were accepted.
    public static func end(rows: Int, items: Int, facts: FeedFacts, settings: ValidationSettings) -> [Finding] {
        var findings: [Finding] = []
        if rows < settings.minimumRows { findings.append(Finding(.feedTooSmall)) }
        if let domains = settings.verifiedDomains, domains.isEmpty { findings.append(Finding(.noVerifiedDomain)) }
        if let days = facts.daysUnchanged, days > 90 { findings.append(Finding(.fetchInactiveFeedError)) }
        if let signature = facts.signature, signature == facts.previousSignature {
            findings.append(Finding(.fetchSameSignature))
        }
        guard let previous = facts.previousItems, previous > 0 else { return findings }
        if items * 100 < previous { findings.append(Finding(.largeProductCountDecrease)) }
        if abs(items - previous) * 100 > previous * settings.countDeltaPercent {
            findings.append(Finding(.indexedProductCountLargeDelta))
        }
        return findings
    }
}
