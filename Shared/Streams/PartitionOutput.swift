/// The output of a partition with the dead letters beside it.
///
/// Ownership passes with the checkpoint from the worker's thread to the committer's and back; it is never shared.
public final class PartitionOutput<Output: CheckpointOutput>: @unchecked Sendable {
    public let output: Output
    public private(set) var deadLetters: [DeadLetter] = []
    public private(set) var deadLetterBytes = 0

    public init(_ output: Output) { self.output = output }

    /// Adds a record that could not be processed.
    public func append(_ letter: DeadLetter) {
        deadLetters.append(letter)
        deadLetterBytes += letter.byteCount
    }

    public func removeAll() {
        output.removeAll()
        deadLetters.removeAll(keepingCapacity: true)
        deadLetterBytes = 0
    }
}
