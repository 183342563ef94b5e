/// What a recount may use of memory and disk. Results do not depend on it; where something does not fit, an error names
/// the limit.
public struct RecountLimits: Equatable, Sendable {
    /// How many records are judged together. A record takes about 250 bytes of memory while it waits.
    public var blockRecords = 262_144
    /// How many rows of all levels are summed in memory before they go to a file; a row takes 128 bytes and its share of an
    /// index.
    public var rowsInMemory = 524_288
    /// How many dead letters are kept in memory before they go to a file; one takes 24 bytes.
    public var lettersInMemory = 65_536
    /// How many bytes the ids of all partitions may take on disk, 32 for each; nil: as many as there are. Up to
    /// two bytes more for each are in memory.
    public var idBytes: Int64?
    /// How many adjustments `AdjustmentRecount` keeps in memory, copies included.
    public var adjustments = 2_000_000
    public init() {}
}
