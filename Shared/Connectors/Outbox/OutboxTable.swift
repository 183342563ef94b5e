public import Postgres

/// A service's outgoing messages, as the relay reads them. Used on the relay's thread only, with the relay's connection
/// and outside of a transaction.
///
/// A message and the raised `last_sequence` of its lane are written in one transaction, under the lock of the lane's row
/// in `sluice.outbox_lane`: so whoever has read a head finds every message up to it.
public protocol OutboxTable: AnyObject {
    /// The last sequence of each lane: what `OutboxLanes.heads` reads.
    func heads(on connection: PostgresConnection) throws(PostgresError) -> [Int32: Int64]

    /// The lane's messages with a higher sequence, lowest first.
    /// - Parameter maximum: how many at most; fewer only where there are no more.
    func records(
        lane: Int32, after sequence: Int64, maximum: Int, on connection: PostgresConnection
    ) throws(PostgresError) -> [OutboxRecord]
}
