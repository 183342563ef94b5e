/// The business of a job, without I/O: how a record becomes an event, what makes it unusable, and what it adds to
/// the results. Everything else (order, time, deduplication, checkpoints) is the library's.
///
/// The functions are called once a record in the innermost loop: conforming types are small structs whose
/// functions are `@inlinable` and allocate nothing.
public protocol EventLogic: Sendable {
    /// A decoded event: plain values, nothing that points into the record.
    associatedtype Event: BitwiseCopyable
    /// What the events of one partition add up to between two checkpoints.
    associatedtype Output: CheckpointOutput

    /// An event to fill buffers with.
    var blankEvent: Event { get }

    /// Decodes and validates a record. `Fault.none`, or the first fault in the contract's order: then the record is
    /// a dead letter, is not remembered and does not move time.
    func decode(_ record: Record, into event: inout Event) -> Fault

    /// The fixed code that is stored for a fault.
    func reason(of fault: Fault) -> String

    /// The id that makes a repeated send recognisable.
    func id(of event: Event) -> EventID

    /// The event's own time, in milliseconds of Unix time.
    func eventTimeMilliseconds(of event: Event) -> Int64

    /// Adds an event, which is neither a dead letter nor a duplicate, to the output.
    ///
    /// - Parameter watermark: the partition's watermark just before this record.
    func apply(_ event: Event, watermark: EventTime, to output: Output) -> AppliedEvent

    /// An empty output.
    func makeOutput() -> Output

    /// Runs the pipeline over a block of records. Leave it to the default: it is a requirement only so that the
    /// pipeline is compiled for the concrete logic, in the logic's module, and reached by one call a block.
    func applyBlock(
        _ pipeline: inout PartitionPipeline<Self>, _ records: UnsafePointer<Record>, count: Int,
        scratch: BlockScratch<Event>, output: PartitionOutput<Output>, headers: (Record) -> [RecordHeader])

    /// The same for a warm-up; leave it to the default.
    func warmUpBlock(
        _ pipeline: inout PartitionPipeline<Self>, _ records: UnsafePointer<Record>, count: Int,
        scratch: BlockScratch<Event>)
}

extension EventLogic {
    @inlinable
    public func applyBlock(
        _ pipeline: inout PartitionPipeline<Self>, _ records: UnsafePointer<Record>, count: Int,
        scratch: BlockScratch<Event>, output: PartitionOutput<Output>, headers: (Record) -> [RecordHeader]
    ) {
        pipeline.apply(records, count: count, scratch: scratch, output: output, headers: headers)
    }

    @inlinable
    public func warmUpBlock(
        _ pipeline: inout PartitionPipeline<Self>, _ records: UnsafePointer<Record>, count: Int,
        scratch: BlockScratch<Event>
    ) {
        pipeline.warmUp(records, count: count, scratch: scratch)
    }
}

/// What became of an event, for the counters.
@frozen
public struct AppliedEvent: OptionSet, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Its window had ended before it came.
    @inlinable public static var late: AppliedEvent { AppliedEvent(rawValue: 1) }
    /// It is invalid traffic: counted, never charged.
    @inlinable public static var invalid: AppliedEvent { AppliedEvent(rawValue: 2) }
}

/// What a job's events add up to in one partition between two checkpoints. Owned by one thread at a time: the
/// worker fills it, hands it to the committer, and gets it back empty.
public protocol CheckpointOutput: AnyObject {
    /// Rows that the sink will write for it.
    var rowCount: Int { get }
    /// Forgets everything; keeps the memory.
    func removeAll()
}

/// The output of a partition with the dead letters beside it.
///
/// Ownership passes with the checkpoint from the worker's thread to the committer's and back; it is never shared.
public final class PartitionOutput<Output: CheckpointOutput>: @unchecked Sendable {
    public let output: Output
    public private(set) var deadLetters: [DeadLetter] = []
    public private(set) var deadLetterBytes = 0

    public init(_ output: Output) { self.output = output }

    @usableFromInline
    func append(_ letter: DeadLetter) {
        deadLetters.append(letter)
        deadLetterBytes += letter.byteCount
    }

    public func removeAll() {
        output.removeAll()
        deadLetters.removeAll(keepingCapacity: true)
        deadLetterBytes = 0
    }
}
