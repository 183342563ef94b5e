/// The ids that a partition has had, each with its newest copy.
final class PartitionIDs {
    private(set) var stack: RunStack<IDEntry>
    private let folder: RunFolder
    private let lookBack: Int64?

    init(_ runs: [RunFile<IDEntry>] = [], in folder: RunFolder, settings: RecountSettings) {
        stack = RunStack(runs)
        self.folder = folder
        lookBack = settings.lookBackMilliseconds
    }

    var bytes: Int64 { stack.bytes }

    /// What is no longer of use when S is `now`.
    func floor(_ now: Int64?) -> Int64 {
        guard let now, let lookBack else { return .min }
        let (floor, overflow) = now.subtractingReportingOverflow(lookBack)
        return overflow ? .min : floor
    }

    /// Finds the newest copy of each of `wanted`, which ascend and have offsets below 0.
    func look(_ wanted: UnsafeMutablePointer<IDEntry>, count: Int) {
        for run in stack.runs.reversed() { SortedIDs.look(wanted, count: count, in: run) }
    }

    func remember(_ entries: UnsafeMutablePointer<IDEntry>, count: Int, now: Int64?) throws {
        guard count > 0 else { return }
        var writer = try RunWriter<IDEntry>(in: folder, expected: count)
        for index in 0..<count { try writer.append(entries[index]) }
        try stack.push(try writer.finish(), in: folder, floor: floor(now))
    }
}
