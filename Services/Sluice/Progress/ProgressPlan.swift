import Connectors
import Streams

/// A change that is about to be made, in words: before and after, what is given up, what is removed.
struct ProgressPlan {
    var job: String
    var change: ProgressChange
    var situation: MoveSituation
    /// What a rewind removes.
    var removed: [OutputTotal]
    /// Dead letters whose records stand in the log a second time.
    var redriven: Int64

    /// The change as it is to be made after the question was answered: the log may have lost records meanwhile.
    ///
    /// - Throws: `CommandFailure` (.usage) where the move is not what was shown any more.
    func change(in now: MoveSituation) throws(CommandFailure) -> ProgressChange {
        var change = change
        change.bounds = now.bounds
        do throws(MoveRefusal) {
            guard try change.move.progress(in: now) != change.after else { return change }
        } catch {
            throw CommandFailure(.usage, "nothing was changed: the log is another one than was shown: \(error.message)")
        }
        throw CommandFailure(
            .usage,
            "\(change.topic)/\(change.partition): nothing was changed: the log has moved since it was shown, and the "
                + "move would be another one. Look again")
    }

    var text: String {
        let bounds = situation.bounds
        var text = "\(change.topic)/\(change.partition) of job \(job), last claimed by \(change.seen.owner)\n"
        let held = bounds.start == bounds.end ? "empty" : "offsets \(bounds.start) to \(bounds.end.previous)"
        text += "the log: \(held), the next one is \(bounds.end); \(comparison)\n\n"
        text += comparisonTable.rendered(as: .table) + "\n"
        for line in consequences { text += line + "\n" }
        if !removed.isEmpty { text += "removed, to be made again from the log:\n" + removedTable.rendered(as: .table) }
        return text
    }

    private var comparison: String {
        guard let anchor = situation.progress.anchor else { return "no last applied record is remembered" }
        let compared = situation.compared ?? anchor
        let gone = compared == anchor ? "" : ", the last one (\(anchor.offset)) is not in it any more"
        return switch situation.lastApplied {
        case .unchanged: "\(gone.isEmpty ? "the last" : "an") applied record (\(compared.offset)) is in it\(gone)"
        case .replaced:
            "ANOTHER record stands at the place of \(gone.isEmpty ? "the last" : "an") applied one "
                + "(\(compared.offset))\(gone)"
        case .unknown: "the last applied record (\(anchor.offset)) is NOT in it to be compared"
        }
    }

    private var comparisonTable: Table {
        let (before, after) = (change.seen.progress, change.after)
        var table = Table([Table.Column(""), Table.Column("before"), Table.Column("after")])
        func add(_ name: String, _ value: (PartitionProgress) -> Table.Cell) {
            table.rows.append([.text(name), value(before), value(after)])
        }
        table.rows.append([
            .text("epoch"), .identifier(change.seen.epoch.rawValue), .identifier(change.seen.epoch.rawValue + 1),
        ])
        add("next offset") { $0.nextOffset.map { .identifier($0.rawValue) } ?? .text("log's beginning") }
        add("stream time") {
            $0.streamTime == .distantPast ? .null : .text(Instant(milliseconds: $0.streamTime.milliseconds).description)
        }
        add("records") { .number($0.counters.records) }
        add("duplicates") { .number($0.counters.duplicates) }
        add("dead letters") { .number($0.counters.deadLetters) }
        add("skipped offsets") { .number($0.counters.skippedOffsets) }
        return table
    }

    /// What it costs.
    private var consequences: [String] {
        guard let next = change.seen.progress.nextOffset else { return [] }
        switch change.move {
        case .acceptGap(let offset):
            let all = offset.rawValue - next.rawValue
            let readable = situation.readable(before: offset)
            let holds =
                readable > 0
                ? ", of which the log STILL HOLDS up to \(Amount.count(readable)); so no id before \(offset) is remembered"
                : "; the log has none of them"
            return [
                "given up for good: offsets \(next) to \(offset.previous), \(Amount.count(all)) of them" + holds,
                "results stay, too low by the events of these offsets",
            ]
        case .acceptTruncation(let offset):
            return [
                "offsets \(offset) to \(next.previous) stay in the results, although the log does not hold what was "
                    + "applied: \(Amount.count(next.rawValue - offset.rawValue)) offsets cannot be proved any more",
                "records that were written from \(offset) on are applied",
            ]
        case .newLog(let offset):
            return [
                "results of the old log stay and cannot be proved any more; the new one is applied from \(offset) on",
                "ids of the old log are forgotten: events that both logs hold count twice",
            ]
        case .forgetIDs:
            return ["remembered ids are given up: repeats of events before \(next) count again"]
        case .rewind:
            let first = change.after.nextOffset.map { "\($0)" } ?? "the log's beginning"
            var lines = ["applied again from \(first) on; until that is done, results are too low by what is removed"]
            if redriven > 0 {
                lines.append(
                    "\(Amount.count(redriven)) of its dead letters had been SENT AGAIN: where the rules accept their "
                        + "records now, each is charged at both places unless the second lies within the "
                        + "deduplication horizon of the first")
            }
            return lines
        }
    }

    private var removedTable: Table {
        var table = Table([
            Table.Column("output"), Table.Column("rows", numeric: true), Table.Column("currency"),
            Table.Column("amount", numeric: true),
        ])
        for total in removed {
            table.rows.append([
                .text(total.output), .number(total.rows), total.currency.map { .text($0) } ?? .null,
                total.nanos.map { .nanos($0) } ?? .null,
            ])
        }
        return table
    }
}
