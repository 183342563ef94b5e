/// The text format of a truth: what must come out of a log, row by row.
///
/// Lines of fields with tabs between them. The first line names format and version, the last counts the others, so
/// that a file that was cut short is noticed. In between, in this order:
///
///     topic            name
///     rule             name, value                 what the judgement depended on
///     partition        partition, next_offset, records, duplicates, late_events, invalid_events, dead_letters,
///                      stream_time_ms (- for none)
///     dead_letter      partition, offset, reason                      sorted by partition and offset
///     adjustments      topic                       where the stream had adjustments; so are the two below
///     adjustment_partition  partition, next_offset
///     adjustment       campaign_id, day_ms, currency, count, amount_nanos, repeats     sorted by the first three
///     minute           advertiser_id, campaign_id, minute_ms, currency, impressions, clicks, conversions,
///                      video_views, invalid_events, spend_nanos, late_events   sorted by the first four
///     end              number of lines before this one
enum TruthFile {
    static let magic = "sluice-truth"
    static let version = "1"
}

extension TruthKeeper.RowKey: Comparable {
    static func < (a: Self, b: Self) -> Bool {
        if a.advertiser != b.advertiser { return a.advertiser < b.advertiser }
        if a.campaign != b.campaign { return a.campaign < b.campaign }
        if a.minuteMilliseconds != b.minuteMilliseconds { return a.minuteMilliseconds < b.minuteMilliseconds }
        return a.currency < b.currency
    }
}

extension TruthKeeper {
    /// Writes the truth, replacing the file only once all of it is on disk.
    ///
    /// - Throws: `CommandFailure` (.dependency) naming the file.
    func write(to path: String, topic: String) throws {
        let writer = try LineWriter(path: path)
        var lines: Int64 = 0
        func line(_ fields: [String]) throws {
            try writer.write(fields)
            lines += 1
        }
        try line([TruthFile.magic, TruthFile.version])
        try line(["topic", topic])
        try line(["rule", "out_of_orderness_ms", String(rules.outOfOrdernessMilliseconds)])
        try line(["rule", "horizon_ms", String(rules.horizonMilliseconds)])
        for (partition, totals) in partitions.sorted(by: { $0.key < $1.key }) {
            try line([
                "partition", String(partition), String(totals.nextOffset), String(totals.records),
                String(totals.duplicates), String(totals.lateEvents), String(totals.invalidEvents),
                String(totals.deadLetters), totals.streamTimeMilliseconds.map { String($0) } ?? "-",
            ])
        }
        for letter in deadLetters.sorted(by: { ($0.partition, $0.offset) < ($1.partition, $1.offset) }) {
            try line(["dead_letter", String(letter.partition), String(letter.offset), letter.reason.rawValue])
        }
        for fields in adjustmentLines { try line(fields) }
        for key in rows.keys.sorted() {
            let row = rows[key, default: Row()]
            try line([
                "minute", String(key.advertiser), String(key.campaign), String(key.minuteMilliseconds), key.currency,
                String(row.impressions), String(row.clicks), String(row.conversions), String(row.videoViews),
                String(row.invalidEvents), String(row.spendNanos), String(row.lateEvents),
            ])
        }
        try writer.write(["end", String(lines)])
        try writer.finish()
    }

    private var adjustmentLines: [[String]] {
        guard let topic = adjustments.topic else { return [] }
        let partitions = adjustments.records.sorted { $0.key < $1.key }.map {
            ["adjustment_partition", String($0.key), String($0.value)]
        }
        let sums = adjustments.sums.sorted { $0.key < $1.key }.map { key, sums in
            [
                "adjustment", String(key.campaign), String(key.dayMilliseconds), key.currency, String(sums.count),
                String(sums.nanos), String(sums.repeats),
            ]
        }
        return [["adjustments", topic]] + partitions + sums
    }
}
