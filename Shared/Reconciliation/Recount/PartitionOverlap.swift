/// Finds ids that stand in more than one partition: all runs of all partitions are merged.
enum PartitionOverlap {
    struct Ids {
        var partition: Int32
        /// From the oldest to the newest.
        var runs: [RunFile<IDEntry>]
        /// Ids whose newest copy has an S below this have been forgotten, whether a run still holds them or not.
        var floor: Int64
    }

    static func find(_ partitions: [Ids]) -> RepeatFindings {
        var findings = RepeatFindings()
        var parts: [RunMerge<IDEntry>.Part] = []
        var owners: [Int] = []
        for (number, ids) in partitions.enumerated() {
            // The smaller tag comes first: of a partition the newest run.
            for run in ids.runs.reversed() {
                parts.append(.init(place: run.entries, end: run.end, tag: Int32(truncatingIfNeeded: owners.count)))
                owners.append(number)
            }
        }
        var merge = RunMerge(parts, of: partitions.flatMap(\.runs))
        var copies: [(partition: Int32, entry: IDEntry)] = []
        while let first = merge.least {
            let id = first.entry.pointee.id
            copies.removeAll(keepingCapacity: true)
            while let least = merge.least, least.entry.pointee.id == id {
                let ids = partitions[owners[Int(least.tag)]]
                let entry = least.entry.pointee
                if copies.last?.partition != ids.partition { copies.append((ids.partition, entry)) }
                merge.pass()
            }
            guard copies.count > 1 else { continue }
            copies.removeAll { copy in
                partitions.contains { $0.partition == copy.partition && copy.entry.streamTime < $0.floor }
            }
            add(&copies, to: &findings)
        }
        findings.first.sort { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
        return findings
    }

    private static func add(_ copies: inout [(partition: Int32, entry: IDEntry)], to findings: inout RepeatFindings) {
        copies.sort { ($0.entry.streamTime, $0.partition) < ($1.entry.streamTime, $1.partition) }
        for (earlier, copy) in zip(copies, copies.dropFirst()) {
            findings.count += 1
            guard findings.first.count < RepeatFindings.kept else { continue }
            findings.first.append(
                RecountedRepeat(
                    kind: .acrossPartitions, partition: copy.partition, offset: copy.entry.offset,
                    earlierPartition: earlier.partition, earlierOffset: earlier.entry.offset, gapMilliseconds: 0,
                    row: nil, counts: nil))
        }
    }
}
