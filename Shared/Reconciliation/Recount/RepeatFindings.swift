/// Events that count more than once although the contract is kept.
public struct RepeatFindings: Equatable, Sendable {
    /// How many of them are kept as examples, for each partition and in all.
    public static let kept = 1_000

    /// All of them.
    public var count: Int64 = 0
    /// What all of them have added, in billionths of each currency. Empty across partitions, where only ids are compared.
    public var nanosByCurrency: [String: Int128] = [:]
    /// The first ones, by partition and offset. Across partitions they are the first by an order that the ids alone decide.
    public var first: [RecountedRepeat] = []
    public init() {}
}
