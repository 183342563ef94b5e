import Streams
import Synchronization

/// Which partitions of the events are idle: the worker's thread says what it sees once a second, the housekeeper writes
/// down what has become idle, under the epoch and the offset at which it was seen, so that a partition that has moved
/// since is not marked.
final class IdlePartitions: Sendable {
    /// So many samples, about seconds, without anything new make a partition idle.
    static let samples = 30

    let job: String
    let topic: String
    private let tracker = Mutex(IdleTracker(samples: IdlePartitions.samples))

    init(job: String, topic: String) {
        self.job = job
        self.topic = topic
    }

    func sampled(_ snapshots: [PartitionSnapshot], knownEnds: [Partition: Offset]) {
        var places: [IdleTracker.Place] = []
        for snapshot in snapshots where snapshot.phase == .running {
            guard let committed = snapshot.committedNext, committed == knownEnds[snapshot.partition] else { continue }
            places.append(IdleTracker.Place(partition: snapshot.partition, epoch: snapshot.epoch, offset: committed))
        }
        tracker.withLock { $0.sampled(places) }
    }

    /// What is to be written down.
    var due: [IdleTracker.Place] { tracker.withLock { $0.due } }

    /// It was written down, or the partition was found to have moved.
    func noted(_ place: IdleTracker.Place) { tracker.withLock { $0.noted(place) } }
}
