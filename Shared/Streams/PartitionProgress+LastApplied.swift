extension PartitionProgress {
    /// Compares with a log what is remembered of applied records: the newest one that the log still holds.
    ///
    /// - Parameter found: what the log holds at an offset; nil where it holds no record there.
    /// - Returns: the answer, and the record that was compared; nil where the log holds none of them.
    public func lastApplied(
        found: (Offset) throws -> Anchor?
    ) rethrows -> (answer: MoveSituation.LastApplied, compared: Anchor?) {
        for anchor in [anchor].compactMap({ $0 }) + olderAnchors.reversed() {
            if let there = try found(anchor.offset) { return (there == anchor ? .unchanged : .replaced, anchor) }
        }
        return (.unknown, nil)
    }
}
