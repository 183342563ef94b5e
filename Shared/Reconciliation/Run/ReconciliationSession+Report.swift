import Archive
import Streams

/// The parts of a report that do not come of comparing.
extension ReconciliationSession {
    /// Hours that have got events since `forgetTouchedHours`.
    public var touchedHours: Set<Int64> { recount?.touchedHours ?? [] }

    /// What touched them is compared.
    public func forgetTouchedHours() { recount?.forgetTouchedHours() }

    /// How many events count again because the horizon was over, as far as the recount looks back.
    public var repeatsBeyondHorizon: Int64 { recount?.repeatsBeyondHorizon.count ?? 0 }

    /// What agrees by contract, and finance wants to know of.
    func findings(
        _ recount: Recount, _ topic: String, _ request: ReconciliationRequest
    ) throws -> [ReconciliationReport.Finding] {
        guard request.comparesEverything else { return [] }
        return Findings.repeats(
            topic: topic, settings: settings.recount, beyond: recount.repeatsBeyondHorizon,
            across: try recount.repeatsAcrossPartitions())
    }

    /// Events of an hour that stand behind the records with which it was closed before.
    func lateEvents(
        after closing: ReconciliationReport, _ recount: Recount, _ topic: String, _ trace: LogTrace
    ) throws -> [ReconciliationReport.Finding] {
        guard let hour = closing.scope.fromMilliseconds else { return [] }
        var count: Int64 = 0
        var nanos: [String: Int128] = [:]
        var places: [ReconciliationReport.EventPlace] = []
        for partition in recount.partitions {
            let before = closing.scope.partitions.first { $0.topic == topic && $0.partition == partition.partition }
            let from = before?.toOffset ?? partition.start
            guard from < partition.next else { continue }
            try trace.trace(
                partition.partition, from: from, to: partition.next, wants: { $0.isDecoded && $0.hourStart == hour }
            ) { event, verdict in
                switch verdict {
                // Copies of earlier events look like first ones here; those within the range are told apart.
                case .counted(let isLate), .countedAgain(_, _, let isLate):
                    nanos[event.currencyText, default: 0] += event.counts(isLate: isLate).spendNanos
                case .invalid: break
                case .duplicate, .deadLetter: return
                }
                count += 1
                if places.count < 100 {
                    places.append(.init(topic: topic, partition: partition.partition, offset: event.offset))
                }
            }
        }
        guard count > 0 else { return [] }
        return [
            .init(
                class: .lateAfterClose, count: count,
                nanos: nanos.sorted { $0.key < $1.key }.map { .init($0.key, String($0.value)) }, events: places,
                explanation:
                    "Events of the hour \(CivilTime(milliseconds: hour).iso) came after it had been closed by report \(closing.id). "
                    + "They count in it by contract, unless they repeat events from before; this comparison is the one that stands."
            )
        ]
    }

    static let method = [
        "The results, and the offsets up to which the job says it has applied each partition, were read in one snapshot of "
            + "PostgreSQL (REPEATABLE READ). Both sides speak of exactly these records.",
        "The records were read again from the log and decoded, judged and summed by a program of its own: nothing of the job's code "
            + "is used. Where the job remembers ids in hash tables by the minute, this sorts them, so that repeats of an event stand "
            + "side by side.",
        "An event counts once: a repeat within the deduplication horizon of the log's own time is left out, a repeat beyond it counts "
            + "again and is listed as a finding. Invalid traffic is counted and never charged. What cannot be charged is a dead "
            + "letter, and is compared by place and reason.",
        "Amounts are whole numbers of billionths of the currency; no amount is rounded, and currencies are never added up or converted.",
        "Each row of each level, for each source partition, was compared with the recount; the tolerance is 0.",
    ]

    func assumptions(_ log: any PartitionedLog) -> [String] {
        [
            "The log (\(log.description)) holds what was sent. What no broker has acknowledged is not known here.",
            "The job runs with a deduplication horizon of \(settings.recount.horizonMilliseconds / 1_000) s and a watermark delay of "
                + "\(settings.recount.outOfOrdernessMilliseconds / 1_000) s; with other settings it would count otherwise.",
            "Days of other time zones are cut by PostgreSQL's rules of zones on both sides.",
        ]
    }

    func signatures(_ cut: ResultCut, _ report: ReconciliationReport) -> [ReconciliationReport.Signature] {
        let inputs = report.scope.partitions.map {
            "\($0.topic)/\($0.partition) \($0.fromOffset)-\($0.toOffset) \($0.contentHash)"
        }
        return [
            .init(
                "inputs (SHA-256 over the offsets and content hashes of all partitions)",
                SHA256.hexadecimal(of: Array(inputs.joined(separator: "\n").utf8))),
            .init("snapshot taken at", CivilTime(milliseconds: cut.takenAt).iso),
            .init("generation of the results", String(cut.generation)),
            .init("program", settings.program),
        ]
    }
}
