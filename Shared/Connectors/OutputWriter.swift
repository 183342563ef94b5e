public import Postgres
public import Streams

/// How a job's output becomes rows: the part of a checkpoint's transaction that is the job's own.
///
/// Used on the committer's thread only.
public protocol OutputWriter<Output>: AnyObject {
    associatedtype Output: CheckpointOutput

    /// The schemas, unquoted, that hold what is written. Each belongs to one job, and has the functions
    /// `partition_totals` and `forget_partition` by which an operator's rewind removes a partition's rows; see
    /// `ProgressChanges`.
    var schemas: [String] { get }

    /// Which of the schemas' sources the topic is, where several topics of the job go into them: the functions are given
    /// it as their second argument. Empty, which is the default, for the only or the main one.
    var source: String { get }

    /// What has to be there before the transaction, such as partitions of tables. Runs outside it and may be
    /// repeated.
    func prepare(_ cuts: [PartitionCut<Output>], on connection: PostgresConnection) throws(PostgresError)

    /// Whether a refused transaction may be tried again because what `prepare` took for granted was no longer so.
    /// Called once for each refusal, before `prepare` is called again.
    func canRecover(from error: PostgresError) -> Bool

    /// Adds the statements that write the cuts.
    func write(_ cuts: [PartitionCut<Output>], to pipeline: inout PostgresPipeline) throws(PostgresError)

    /// The transaction with the cuts that were written last was committed.
    ///
    /// - Parameter answers: the rows of each statement of the transaction, at the index that adding it returned.
    func committed(_ answers: [PostgresRows])
}

extension OutputWriter {
    public var source: String { "" }
}
