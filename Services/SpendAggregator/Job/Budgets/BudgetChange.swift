public import Schemas
public import Streams

/// A change of a campaign's budget, and where in its partition it stands.
@frozen
public struct BudgetChange: BitwiseCopyable, Hashable, Sendable {
    public var offset: Offset
    /// The record's own timestamp in milliseconds of Unix time; -1 where it has none.
    public var recordTimestampMilliseconds: Int64
    /// Whether the campaign's budget is taken away: then `budget` holds the campaign's id, from the record's key, and
    /// nothing else.
    public var isRemoval: Bool
    public var budget: CampaignBudget

    @inlinable
    public init(
        offset: Offset = Offset(0), recordTimestampMilliseconds: Int64 = -1, isRemoval: Bool = false,
        budget: CampaignBudget = CampaignBudget()
    ) {
        self.offset = offset
        self.recordTimestampMilliseconds = recordTimestampMilliseconds
        self.isRemoval = isRemoval
        self.budget = budget
    }
}
