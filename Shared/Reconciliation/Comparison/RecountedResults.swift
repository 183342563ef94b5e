/// What a comparison needs of a recount: its figures, up to the offsets of the cut. `Recount` is one.
public protocol RecountedResults: AnyObject {
    /// Each partition that was recounted, ascending.
    var partitions: [RecountedPartition] { get }
    /// Rows whose window begins in `from ..< to` (milliseconds of Unix time; nil: unbounded), ascending by key. Every level
    /// but the day. A lifetime has no beginning and is given whole.
    func rows(_ level: SpendLevel, from: Int64?, to: Int64?) throws -> any SpendRowStream
    /// The dead letters of all partitions.
    func letterStream() throws -> any LetterStream
    /// Minutes before this moment (milliseconds) were left out of the rows; nil: none.
    var minutesBegin: Int64? { get }
}

/// Dead letters ascending by partition and offset; nil at the end.
public protocol LetterStream: AnyObject {
    func next() throws -> RecountedLetter?
}

/// What a comparison needs of the adjustments' log. `AdjustmentRecount` is one.
public protocol RecountedLedger {
    /// For each id its copies, by partition and offset.
    var copies: [RecountedAdjustment.ID: [RecountedAdjustment]] { get }
    /// By partition and offset.
    var letters: [AdjustmentRecount.Letter] { get }
    var partitions: [RecountedPartition] { get }
}

extension RecountedLetterStream: LetterStream {}
extension Recount: RecountedResults {
    public func letterStream() throws -> any LetterStream { try letters() }
}
extension AdjustmentRecount: RecountedLedger {}
