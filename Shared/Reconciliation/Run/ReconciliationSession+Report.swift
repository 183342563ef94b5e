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
        _ recount: Recount, _ topic: String, lateHour: Int64?, _ request: ReconciliationRequest
    ) throws -> [ReconciliationReport.Finding] {
        var findings: [ReconciliationReport.Finding] = []
        if let lateHour {
            findings.append(
                .init(
                    class: .lateAfterClose, count: 1, nanos: [], events: [],
                    explanation:
                        "Events of the hour \(CivilTime(milliseconds: lateHour).iso) came after it was compared before. They "
                        + "count in it; this comparison is the one that stands."))
        }
        guard request.comparesEverything else { return findings }
        return findings
            + Findings.repeats(
                topic: topic, settings: settings.recount, beyond: recount.repeatsBeyondHorizon,
                across: try recount.repeatsAcrossPartitions())
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
