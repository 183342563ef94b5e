import Streams

/// What one run measured.
final class Result {
    /// CPU-seconds per million records, one for each cut.
    private(set) var secondsPerMillion: [Double] = []
    var cutSeconds: [Double] = []
    var processAllocations = 0
    var cutAllocations = 0
    var batches = 0
    var rows = 0
    var bytesPerRecord = 0.0
    var startCounters = PartitionCounters()
    var counters = PartitionCounters()
    var memory = (now: 0, peak: 0)
    private var rememberedIDs = 0
    private var horizonBytes = 0

    func note(seconds: Double, records: Int) {
        secondsPerMillion.append(seconds * 1e6 / Double(records))
    }

    func finish(_ snapshots: [PartitionSnapshot]) {
        rememberedIDs = snapshots.reduce(0) { $0 + $1.rememberedIDs }
        horizonBytes = snapshots.reduce(0) { $0 + $1.horizonBytes }
    }

    func print(stage: String) {
        let spread = Spread(secondsPerMillion)
        let records = counters.records - startCounters.records
        var lines = [
            "stage                         \(stage)",
            "records measured              \(records) of \(bytesPerRecord.text(1)) bytes in \(secondsPerMillion.count) cuts",
            "CPU-s per million (min/median/max)  \(spread)",
            "records/s a core (median)     \((1e6 / spread.median).text(0))",
            "duplicates, late, invalid, dead     \(counters.duplicates - startCounters.duplicates), "
                + "\(counters.late - startCounters.late), \(counters.invalid - startCounters.invalid), "
                + "\(counters.deadLetters - startCounters.deadLetters)",
            "resident now, peak (MiB)      \(memory.now >> 20), \(memory.peak >> 20)",
        ]
        if !cutSeconds.isEmpty {
            lines.append("rows a cut                    \(rows / cutSeconds.count)")
            lines.append("cut, CPU ms (min/median/max)  \(Spread(cutSeconds.map { $0 * 1_000 }))")
            lines.append("ids remembered, MiB           \(rememberedIDs), \(horizonBytes >> 20)")
        }
        if Measures.threadAllocations != nil {
            lines.append(
                "allocations: per record       \((Double(processAllocations) / Double(max(records, 1))).text(6)) "
                    + "(\(processAllocations) in \(batches) batches)")
            if !cutSeconds.isEmpty {
                lines.append("allocations: a cut            \(cutAllocations / cutSeconds.count)")
            }
        }
        Swift.print(lines.joined(separator: "\n") + "\n")
    }
}
