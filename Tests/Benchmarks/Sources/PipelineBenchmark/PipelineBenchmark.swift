import ArgumentParser
import Glibc
import Schemas
import SpendAggregatorJob
import Streams

/// Measures the pure pipeline of the spend aggregator in this process: no broker, no database, one thread.
@main
struct PipelineBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pipeline-benchmark",
        abstract: "CPU time, memory and allocations of decode, validate, deduplicate and aggregate.",
        discussion: "Times are CPU time of the one thread: a busy machine disturbs them less than wall time.")

    @Option(help: "What to run: decode, aggregate, all; levels, which needs a PostgreSQL; or archive.")
    var stage: Stage = .all
    @Option(help: "Length of the deduplication horizon in seconds of event time.")
    var horizonSeconds: Int64 = 600
    @Option(help: "Events a second of event time; times the horizon it is the number of remembered ids.")
    var eventsPerSecond: Double = 16_667
    @Option(help: "Measured cuts, after the horizon is full.")
    var cuts = 9
    @Option(help: "Records in a cut.")
    var recordsPerCut = 500_000
    @Option(help: "Campaigns.")
    var campaigns = 10_000
    @Option(help: "Partitions.")
    var partitions = 16

    @Option(
        help: "Levels finer than the campaign that are aggregated: a sum of 1 (ads), 2 (placements), 4 (countries).")
    var levels: UInt8 = 7

    enum Stage: String, ExpressibleByArgument { case decode, aggregate, all, levels, archive }

    func run() async throws {
        if stage == .levels {
            try await LevelCosts(
                campaigns: campaigns, partitions: partitions, eventsPerSecond: eventsPerSecond, cuts: cuts
            ).print()
            return
        }
        var source = EventSource(campaigns: campaigns, partitions: partitions, eventsPerSecond: eventsPerSecond)
        if stage == .archive {
            try ArchiveCosts(cuts: cuts, recordsPerCut: recordsPerCut).print(from: &source, partitions: partitions)
            return
        }
        let chunk = Chunk(partitions: partitions)
        chunk.fill(recordsPerCut, from: &source)
        let bytesPerRecord = Double(chunk.payloadBytes) / Double(recordsPerCut)
        let result: Result
        switch stage {
        case .decode: result = decode(chunk, &source)
        case .aggregate: result = try pipeline(chunk, &source, deduplicates: false)
        default: result = try pipeline(chunk, &source, deduplicates: true)
        }
        result.bytesPerRecord = bytesPerRecord
        result.print(stage: stage.rawValue)
    }

    // MARK: Decode alone

    private func decode(_ chunk: Chunk, _ source: inout EventSource) -> Result {
        let result = Result()
        let logic = SpendLogic()
        let events = UnsafeMutablePointer<AdEvent>.allocate(capacity: 128)
        events.initialize(repeating: AdEvent(), count: 128)
        defer { events.deallocate() }
        for cut in 0...cuts {
            if cut > 0 { chunk.fill(recordsPerCut, from: &source) }
            let allocationsBefore = Measures.threadAllocations?() ?? 0
            let before = Measures.threadSeconds()
            var sound = 0
            chunk.records.withUnsafeBufferPointer { records in
                for index in 0..<records.count {
                    if logic.decode(records[index], into: &events[index & 127]) == .none { sound += 1 }
                }
            }
            guard cut > 0 else { continue }
            result.note(seconds: Measures.threadSeconds() - before, records: chunk.records.count)
            result.processAllocations += Int((Measures.threadAllocations?() ?? 0) - allocationsBefore)
            result.counters.records += Int64(chunk.records.count)
            result.counters.deadLetters += Int64(chunk.records.count - sound)
        }
        result.memory = Measures.residentBytes()
        return result
    }

    // MARK: The whole pipeline

    private func pipeline(_ chunk: Chunk, _ source: inout EventSource, deduplicates: Bool) throws -> Result {
        var settings = StreamSettings(horizonMilliseconds: horizonSeconds * 1_000)
        settings.deduplicates = deduplicates
        let core = JobCore(
            job: "benchmark", topic: "benchmark", logic: SpendLogic(levels: SpendLevels(rawValue: levels)),
            settings: settings)
        for partition in 0..<Int32(partitions) {
            let claim = Claim(partition: Partition(partition), epoch: Epoch(1), progress: PartitionProgress())
            let start = Offset(chunk.nextOffsets[Int(partition)])
            _ = core.assigned(claim, bounds: LogBounds(start: start, end: Offset(.max)))
        }
        let result = Result()
        // Until every id that is forgotten makes place for a new one; two cuts more for what grows late.
        let filling = deduplicates ? Int(eventsPerSecond * Double(horizonSeconds)) / recordsPerCut + 3 : 3
        for cut in 0..<(filling + cuts) {
            chunk.fill(recordsPerCut, from: &source)
            let measured = cut >= filling
            if cut == filling { result.startCounters = core.counters }
            let seconds = process(chunk, core, measured ? result : nil)
            if measured { result.note(seconds: seconds, records: chunk.records.count) }
            commit(core, measured ? result : nil)
        }
        result.counters = core.counters
        // A core that throws records away is fast.
        let applied = result.counters.records - result.startCounters.records
        guard applied == Int64(cuts * recordsPerCut) else {
            throw ValidationError("\(applied) of \(cuts * recordsPerCut) records were applied: nothing was measured")
        }
        result.finish(core.snapshots())
        withExtendedLifetime(core) { result.memory = Measures.residentBytes() }
        return result
    }

    /// The batches of a cut, one call each, as the worker's loop does it.
    private func process(_ chunk: Chunk, _ core: JobCore<SpendLogic>, _ result: Result?) -> Double {
        let allocationsBefore = Measures.threadAllocations?() ?? 0
        let before = Measures.threadSeconds()
        chunk.records.withUnsafeBufferPointer { records in
            for index in 1..<chunk.batches.count {
                let batch = UnsafeBufferPointer(rebasing: records[chunk.batches[index - 1]..<chunk.batches[index]])
                core.process(batch) { _ in [] }
            }
        }
        let seconds = Measures.threadSeconds() - before
        result?.processAllocations += Int((Measures.threadAllocations?() ?? 0) - allocationsBefore)
        result?.batches += chunk.batches.count - 1
        return seconds
    }

    /// Takes the cut and gives it back as committed: the worker's share of a checkpoint.
    private func commit(_ core: JobCore<SpendLogic>, _ result: Result?) {
        let allocationsBefore = Measures.threadAllocations?() ?? 0
        let before = Measures.threadSeconds()
        guard let checkpoint = core.cut() else { return }
        result?.rows += checkpoint.rows
        var outcome = CommitOutcome<SpendOutput>()
        outcome.committed = checkpoint.cuts
        core.ended(outcome)
        result?.cutSeconds.append(Measures.threadSeconds() - before)
        result?.cutAllocations += Int((Measures.threadAllocations?() ?? 0) - allocationsBefore)
    }
}

extension JobCore {
    /// The sum over the partitions.
    var counters: PartitionCounters {
        var sum = PartitionCounters()
        for snapshot in snapshots() {
            sum.records += snapshot.counters.records
            sum.duplicates += snapshot.counters.duplicates
            sum.late += snapshot.counters.late
            sum.invalid += snapshot.counters.invalid
            sum.deadLetters += snapshot.counters.deadLetters
        }
        return sum
    }
}
