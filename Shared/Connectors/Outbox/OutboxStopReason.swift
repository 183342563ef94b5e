/// Why a relay publishes nothing of any lane, until somebody has decided. It looks again every second.
public enum OutboxStopReason: Error, Equatable, Sendable {
    /// The published position is ahead of the lane's last sequence: the database has lost commits.
    case positionAhead(output: String, lane: Int32, position: Int64, head: Int64, function: String)
    /// Another message stands at the published position: the database has lost commits, and has given their sequences
    /// again since.
    case sequencesGivenAgain(
        output: String, lane: Int32, position: Int64, writtenAtMilliseconds: Int64, foundMilliseconds: Int64)
    /// Sequences without a message that nobody has given up.
    case hole(output: String, lane: Int32, sequences: ClosedRange<Int64>, table: String)
    /// The positions topic says less than was remembered of it.
    case positionLost(
        output: String, lane: Int32, position: Int64, remembered: Int64, topic: String, skipTable: String,
        positionTable: String)
    /// The topic holds records and its positions topic has no position.
    case positionsMissing(output: String, topic: String, positionsTopic: String, table: String)
    /// A record of the positions topic that is none of the relay's.
    case positionUnreadable(topic: String, offset: Int64, key: String)
    /// The table has given a message of another lane, or not in the order of the sequence.
    case disorder(output: String, lane: Int32, expected: Int64, foundLane: Int32, foundSequence: Int64)

    /// A fixed code, for logs and metrics.
    public var code: String {
        switch self {
        case .positionAhead: "position_ahead"
        case .sequencesGivenAgain: "sequences_given_again"
        case .hole: "hole"
        case .positionLost: "position_lost"
        case .positionsMissing: "positions_missing"
        case .positionUnreadable: "position_unreadable"
        case .disorder: "disorder"
        }
    }
}

extension OutboxStopReason: CustomStringConvertible {
    /// What is the matter, where, and what to do about it.
    public var description: String {
        switch self {
        case .positionAhead(let output, let lane, let position, let head, let function):
            """
            outbox position ahead: lane \(lane) of \(output) is published up to \(position), and the database's last \
            sequence is \(head): it has lost commits, as in a failover. Published messages cannot be taken back; what \
            is done again gets new sequences. Once the database is the right one, go on with: \
            SELECT \(function)('\(output)', \(lane), \(position), 'REASON')
            """
        case .sequencesGivenAgain(let output, let lane, let position, let writtenAt, let found):
            """
            outbox sequences given again: lane \(lane) of \(output) is published up to \(position), a message written \
            at \(writtenAt) ms of Unix time, and the database's message \(position) was written at \(found): it has \
            lost commits, as in a failover, and given their sequences again. None of the lane's messages that were \
            written after \(writtenAt) is published. In one transaction that locks the lane's row of outbox_lane, give \
            them new sequences behind last_sequence, in their order, raise last_sequence, and note the old sequences \
            behind \(position) in outbox_skip; or delete those up to \(position), where they are given up
            """
        case .hole(let output, let lane, let sequences, let table):
            """
            outbox hole: lane \(lane) of \(output) has no message \(sequences.lowerBound) to \(sequences.upperBound). \
            Put back what was removed; or, where they are given up, go on with: \
            INSERT INTO \(table) (output, lane, from_sequence, through_sequence, reason) \
            VALUES ('\(output)', \(lane), \(sequences.lowerBound), \(sequences.upperBound), 'REASON')
            """
        case .positionLost(
            let output, let lane, let position, let remembered, let topic, let skipTable, let positionTable):
            """
            outbox position lost: \(topic) says that lane \(lane) of \(output) is published up to \(position), and \
            it was up to \(remembered) or further: the topic was deleted, cut off, or is another one. Put the topic \
            back; or go on behind \(remembered), where what was published after that comes once more, with: \
            INSERT INTO \(skipTable) (output, lane, from_sequence, through_sequence, reason) \
            VALUES ('\(output)', \(lane), \(position + 1), \(remembered), 'REASON'); or publish everything behind \
            \(position) again with: DELETE FROM \(positionTable) WHERE output = '\(output)'
            """
        case .positionsMissing(let output, let topic, let positionsTopic, let table):
            """
            outbox positions missing: \(topic) holds records and \(positionsTopic) no position of \(output). Put the \
            positions back where they were deleted, or give the relay a topic of its own; or, to publish \(output) \
            from its first message on into this topic: \
            INSERT INTO \(table) (output, lane, position) VALUES ('\(output)', 0, 0)
            """
        case .positionUnreadable(let topic, let offset, let key):
            """
            outbox position unreadable: \(topic)/0 has a record with the key \(key) at offset \(offset) whose value is \
            no sequence: somebody else writes to this topic, which belongs to the relay. Write the right sequence as \
            decimal text under that key
            """
        case .disorder(let output, let lane, let expected, let foundLane, let foundSequence):
            """
            outbox disorder: asked for lane \(lane) of \(output) from \(expected) on, the table gave message \
            \(foundSequence) of lane \(foundLane): the service's reading of its outbox table is wrong
            """
        }
    }
}
