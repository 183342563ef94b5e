/// Finds partitions that have had nothing new for a while: they must not hold back what the others have finished.
///
/// It is told, about once a second, where the partitions stand that have nothing to read. One that stands at the same
/// place so many times in a row is idle, and is due until somebody says that it was noted down: what could not be noted
/// is due again.
public struct IdleTracker: Sendable {
    /// A partition under an epoch, at an offset with nothing behind it.
    public struct Place: Hashable, Sendable {
        public var partition: Partition
        public var epoch: Epoch
        /// The offset to read next.
        public var offset: Offset

        public init(partition: Partition, epoch: Epoch, offset: Offset) {
            self.partition = partition
            self.epoch = epoch
            self.offset = offset
        }
    }

    private struct Standstill: Sendable {
        var place: Place
        var samples = 1
        var isNoted = false
    }

    private let samples: Int
    private var standing: [Partition: Standstill] = [:]

    /// - Parameter samples: how many without anything new make a partition idle.
    public init(samples: Int) { self.samples = samples }

    /// - Parameter places: of the partitions that have nothing to read; any other starts anew.
    public mutating func sampled(_ places: some Sequence<Place>) {
        var now: [Partition: Standstill] = [:]
        for place in places {
            var found = Standstill(place: place)
            if let before = standing[place.partition], before.place == place {
                found = before
                found.samples = min(before.samples + 1, samples)
            }
            now[place.partition] = found
        }
        standing = now
    }

    /// The places of idle partitions that are to be noted, by partition.
    public var due: [Place] {
        standing.values.filter { $0.samples >= samples && !$0.isNoted }.map(\.place)
            .sorted { $0.partition < $1.partition }
    }

    /// A place was noted, or is not the partition's any more.
    public mutating func noted(_ place: Place) {
        if standing[place.partition]?.place == place { standing[place.partition]?.isNoted = true }
    }
}
