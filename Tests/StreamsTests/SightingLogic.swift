import Streams
import TestKit

/// The smallest job: an event is an id and a time; its output lists what was counted, in order.
struct SightingLogic: EventLogic {
    struct Event: BitwiseCopyable {
        var id: UInt64 = 0
        var time: Int64 = 0
    }

    var blankEvent: Event { Event() }

    func decode(_ record: Record, into event: inout Event) -> Fault {
        guard let value = record.value else { return Fault(rawValue: 1) }
        guard value.count == 16 else { return Fault(rawValue: 2) }
        event.id = value.loadUnaligned(as: UInt64.self)
        event.time = value.loadUnaligned(fromByteOffset: 8, as: Int64.self)
        return .none
    }

    func reason(of fault: Fault) -> String { fault.rawValue == 1 ? "empty" : "length" }
    func id(of event: Event) -> EventID { EventID(high: 7, low: event.id) }
    func eventTimeMilliseconds(of event: Event) -> Int64 { event.time }

    func apply(_ event: Event, watermark: EventTime, to output: SightingOutput) -> AppliedEvent {
        output.counted.append(Sighting(id: event.id, time: event.time, watermark: watermark))
        return event.time < watermark.milliseconds ? .late : []
    }

    func makeOutput() -> SightingOutput { SightingOutput() }

    static func value(_ id: UInt64, at time: Int64) -> [UInt8] {
        withUnsafeBytes(of: id) { Array($0) } + withUnsafeBytes(of: time) { Array($0) }
    }
}

/// An event that was counted.
struct Sighting: Equatable {
    var id: UInt64
    var time: Int64
    var watermark: EventTime
}

final class SightingOutput: CheckpointOutput {
    var counted: [Sighting] = []
    /// Somebody waits for ids from here on.
    static let urgentFrom: UInt64 = 1_000_000
    var rowCount: Int { counted.count }
    var isUrgent: Bool { counted.contains { $0.id >= Self.urgentFrom } }
    func removeAll() { counted.removeAll() }
}

/// What was counted in each partition, in the order of commits.
struct SightingTables: SimulatedTables, Equatable {
    var counted: [Partition: [Sighting]] = [:]
    mutating func add(_ output: SightingOutput, of partition: Partition) {
        counted[partition, default: []] += output.counted
    }
    mutating func remove(_ partition: Partition) { counted[partition] = nil }
    func ids(_ partition: Partition = Partition(0)) -> [UInt64] { counted[partition, default: []].map(\.id) }
}

typealias SightingDriver = PipelineDriver<SightingLogic, SightingTables>
typealias SightingLane = DirectLane<SimulatedStore<SightingTables>>
typealias SightingWorker = Worker<SightingLogic, ScriptedSource, SightingLane>

extension SimulatedLog {
    /// Appends an event; its own time is also the record's timestamp.
    @discardableResult
    func sight(_ id: UInt64, at time: Int64, in partition: Partition = Partition(0)) -> Offset {
        append(to: partition, timestampMilliseconds: time, value: SightingLogic.value(id, at: time))
    }
}

func sightingDriver(horizon: Int64 = 100, outOfOrderness: Int64 = 10, maximumIDs: Int = 1_000_000) -> SightingDriver {
    PipelineDriver(
        logic: SightingLogic(),
        settings: StreamSettings(
            horizonMilliseconds: horizon, outOfOrdernessMilliseconds: outOfOrderness, maximumRememberedIDs: maximumIDs),
        tables: SightingTables(), log: SimulatedLog(topic: "sightings"))
}

/// What the sightings of one partition come to, worked out with a dictionary.
func expectedSightings(
    _ entries: [SimulatedLog.Entry], horizon: Int64 = 100, outOfOrderness: Int64 = 10
) -> (counted: [Sighting], duplicates: Int64, deadLetters: [Offset]) {
    var seen: [UInt64: Int64] = [:]
    var streamTime: Int64?
    var counted: [Sighting] = []
    var duplicates: Int64 = 0
    var deadLetters: [Offset] = []
    for entry in entries {
        guard let value = entry.value, value.count == 16 else {
            deadLetters.append(entry.offset)
            continue
        }
        let (id, time) = value.withUnsafeBytes {
            ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: Int64.self))
        }
        let watermark = streamTime.map { EventTime(rawValue: $0 - outOfOrderness) } ?? .distantPast
        let own = entry.timestampMilliseconds < 0 ? time : min(time, entry.timestampMilliseconds)
        let now = max(streamTime ?? own, own)
        streamTime = now
        defer { seen[id] = now }
        if let before = seen[id], now - before <= horizon {
            duplicates += 1
        } else {
            counted.append(Sighting(id: id, time: time, watermark: watermark))
        }
    }
    return (counted, duplicates, deadLetters)
}
