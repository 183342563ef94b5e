/// What the library needs to know about a job's time: all of it is part of the results' definition.
public struct StreamSettings: Equatable, Sendable {
    /// How long an id makes a later record a duplicate, in milliseconds of the log's own time.
    public var horizonMilliseconds: Int64
    /// The watermark stays this far behind the log's own time, in milliseconds.
    public var outOfOrdernessMilliseconds: Int64
    /// The most ids that one partition may remember before it stops with an error.
    public var maximumRememberedIDs: Int
    /// Where false, duplicates are counted like any event, and nothing is remembered: a restart reads the last applied
    /// record again, to compare it, and no other.
    public var deduplicates: Bool
    /// Declares that the topic holds every offset: it is not compacted, and its producers use no transactions. Offsets
    /// that it skips then stop the partition, instead of being counted.
    public var isContiguous: Bool
    /// Declares that the topic is compacted, so that the last applied record may go from it like any other. Anchors of
    /// records before it are kept then, and the newest one that the log still holds is compared.
    public var isCompacted: Bool
    #if SLUICE_MUTANTS
        /// Guards that are left out, for tests.
        public var mutants = Mutants.ofProcess
    #endif

    public init(
        horizonMilliseconds: Int64 = 600_000, outOfOrdernessMilliseconds: Int64 = 30_000,
        maximumRememberedIDs: Int = 50_000_000, deduplicates: Bool = true,
        isContiguous: Bool = false, isCompacted: Bool = false
    ) {
        self.horizonMilliseconds = horizonMilliseconds
        self.outOfOrdernessMilliseconds = outOfOrdernessMilliseconds
        self.maximumRememberedIDs = maximumRememberedIDs
        self.deduplicates = deduplicates
        self.isContiguous = isContiguous
        self.isCompacted = isCompacted
    }

    /// Marks are this far apart in stream time: a warm-up reads at most this much more than it must.
    public var markSpacingMilliseconds: Int64 { max(1, horizonMilliseconds / 32) }
}
