import Postgres
import Streams
import Synchronization

/// Which partitions have had nothing new for a while: they must not hold back what the others have finished.
///
/// The worker's thread says what it sees once a second; the housekeeper writes down what has become idle, under the
/// epoch and the offset at which it was seen, so that a partition that has moved since is not marked.
final class IdlePartitions: Sendable {
    /// A partition that stands at this offset.
    struct Place: Equatable, Sendable {
        var partition: Partition
        var epoch: Epoch
        var offset: Offset
    }

    /// So many samples, about seconds, without anything new make a partition idle.
    static let samples = 30

    let job: String
    let topic: String
    private let state = Mutex<(seen: [Partition: (Place, Int)], due: [Place])>(([:], []))

    init(job: String, topic: String) {
        self.job = job
        self.topic = topic
    }

    func sampled(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset]) {
        state.withLock { state in
            var seen: [Partition: (Place, Int)] = [:]
            for snapshot in snapshots where snapshot.phase == .running {
                guard let committed = snapshot.committedNext, committed == knownEnds[snapshot.partition] else {
                    continue
                }
                let place = Place(partition: snapshot.partition, epoch: snapshot.epoch, offset: committed)
                let before = state.seen[snapshot.partition]
                let count = before?.0 == place ? (before?.1 ?? 0) + 1 : 1
                seen[snapshot.partition] = (place, count)
                if count == Self.samples { state.due.append(place) }
            }
            state.seen = seen
        }
    }

    /// Takes what has become idle since the last call.
    func takeDue() -> [Place] {
        state.withLock { state in
            defer { state.due.removeAll() }
            return state.due
        }
    }
}
