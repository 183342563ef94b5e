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

    /// Fetches what `apply` will need of the output into the cache: called for a block of events before they are applied.
    /// The answer means nothing; it keeps the reads from being optimised away. By default nothing is fetched.
    func touch(_ events: UnsafePointer<Event>, _ faults: UnsafePointer<Fault>, count: Int, in output: Output) -> UInt32

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
    public func touch(
        _ events: UnsafePointer<Event>, _ faults: UnsafePointer<Fault>, count: Int, in output: Output
    ) -> UInt32 { 0 }

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
