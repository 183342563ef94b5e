/// Partitions that stand still, are about to lose records, or carry all the load.
enum PartitionCauses {
    static let all: [Causes.Cause] = [stopped, retentionNear, ahead, behind, oneHot, notMoving]

    // MARK: Stopped

    /// What each reason means, and what to do before anything else.
    private static let stops: [String: (title: String, first: String)] = [
        "records_gone": (
            "records were removed from the log before they were applied",
            "Look for the records elsewhere, and raise the topic's retention now. Where they cannot be had, give them up; finance decides"
        ),
        "log_truncated": (
            "the log is shorter than what was applied: it was cut off, or the topic made again",
            "Ask the Kafka team first: where a replica still has the records, let it lead. Where they are lost"
        ),
        "log_replaced": (
            "the log holds other records than were applied: the topic was made again",
            "Was it on purpose? If so, go on with the new log; if not, the Kafka team comes first"
        ),
        "offsets_missing": (
            "the log skips offsets although the job declares it contiguous",
            "Does somebody compact the topic or write in transactions? Then correct kafka.contiguous. Where a batch was lost"
        ),
        "warm_up_mismatch": (
            "the records below the stored offset give another stream time than before",
            "Go back to the version before, if there was an upgrade. Where the new rules are meant"
        ),
        "horizon_limit": (
            "more ids lie within the deduplication horizon than are allowed",
            "Raise --dedup-maximum-ids and the memory (about 34 bytes an id), and start again; do not shorten the horizon"
        ),
        "source_error": ("Kafka does not give its records", "Mend what Kafka names, then start the process again"),
    ]

    @Sendable static func stopped(_ seen: Observations) -> [Diagnosis.Finding] {
        var byCode: [String: [(place: String, service: String?, message: String)]] = [:]
        var known: Set<String> = []
        for (service, reason) in seen.reasons {
            guard let colon = reason.reason.firstIndex(of: ":") else { continue }
            let code = String(reason.reason[..<colon])
            guard stops[code] != nil, reason.component.contains("/"), known.insert(reason.component).inserted else {
                continue
            }
            byCode[code, default: []].append((reason.component, service, String(reason.reason[colon...].dropFirst(2))))
        }
        for (row, ends) in standing(seen) where !known.contains(row.place) {
            guard let next = row.nextOffset else { continue }
            if next > ends.end {
                byCode["log_truncated", default: []].append(
                    (row.place, nil, "the log ends at \(ends.end), and records up to \(next - 1) were applied"))
            } else if next < ends.start {
                byCode["records_gone", default: []].append(
                    (row.place, nil, "the log begins at \(ends.start), and the offset to read next is \(next)"))
            }
        }
        return byCode.sorted { $0.key < $1.key }.map { code, places in
            let places = places.sorted { $0.place < $1.place }
            let names = places.prefix(5).map(\.place).joined(separator: ", ") + (places.count > 5 ? ", …" : "")
            let told = places.compactMap { command(in: $0.message) }
            var steps: [Diagnosis.NextStep] = [
                .init(stops[code]!.first, told.first ?? seen.move(code, places[0].place))
            ]
            if told.count > 1 {
                steps.append(
                    .init("The same for \(told.count - 1) more partitions; readiness of the service has each command"))
            }
            steps.append(
                .init(
                    "A stopped partition is tried again when its process is started again",
                    "systemctl restart spend-aggregator"))
            return Diagnosis.Finding(
                cause: code,
                title:
                    "\(places.count == 1 ? "Partition" : "\(places.count) partitions") \(names) stopped: \(stops[code]!.title)",
                likelihood: 0.92,
                evidence: places.prefix(3).map { place in
                    (place.service.map { "\($0) says of " } ?? "sluice.progress against the log: ") + "\(place.place): "
                        + Observations.short(place.message)
                }, nextSteps: steps, runbook: Runbook.aggregator(code))
        }
    }

    /// The command that the stop itself names, without the alternative in brackets; nil where it holds anything that a shell could
    /// understand otherwise: it comes over the network, and is made to be pasted.
    private static func command(in message: String) -> String? {
        guard let start = message.firstRange(of: "sluice progress set") else { return nil }
        var text = String(message[start.lowerBound...])
        if let open = text.firstIndex(of: "("), let close = text[open...].firstIndex(of: ")") {
            text.removeSubrange(open...close)
        }
        let words = text.split(separator: " ")
        let isPlain = words.allSatisfy { word in
            word.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x61...0x7A).contains($0 | 0x20) || $0 == 0x2D || $0 == 0x2E
                    || $0 == 0x5F
            }
        }
        return isPlain ? words.joined(separator: " ") : nil
    }

    /// Rows that did not move between the looks, with the ends of their logs: those of a row that moves are already others.
    private static func standing(_ seen: Observations) -> [(ProgressSight, LogState.Ends)] {
        guard let log = seen.log.value else { return [] }
        let later = Dictionary(seen.laterProgress.map { ($0.place, $0) }, uniquingKeysWith: { first, _ in first })
        return (seen.results.value?.progress ?? []).compactMap { row in
            guard let ends = log.ends(row), later[row.place]?.nextOffset == row.nextOffset else { return nil }
            return (row, ends)
        }
    }

    // MARK: Not stopped

    @Sendable static func retentionNear(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value else { return [] }
        let near = (seen.laterProgress.isEmpty ? seen.results.value?.progress ?? [] : seen.laterProgress).compactMap {
            row in
            log.ends(row).flatMap { ends -> (ProgressSight, LogState.Ends)? in
                guard let next = row.nextOffset, ends.start > 0, next >= ends.start, ends.end - next >= 1_000,
                    (next - ends.start) * 10 < ends.end - ends.start
                else { return nil }
                return (row, ends)
            }
        }
        guard !near.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "retention_near",
                title: "Retention is about to remove records that were not applied yet, in \(near.count) partitions",
                likelihood: 0.75,
                evidence: near.prefix(3).map { row, ends in
                    "\(row.place): the log begins at \(ends.start), the next offset is \(row.nextOffset ?? 0), \(ends.end - (row.nextOffset ?? 0)) records wait"
                },
                nextSteps: [
                    .init(
                        "Raise the topic's retention now; it can be lowered again afterwards",
                        "kafka-configs.sh --bootstrap-server $SLUICE_KAFKA_BROKERS --alter --topic \(near[0].0.topic) --add-config retention.ms=604800000"
                    ),
                    .init("Then see to what holds the job up"),
                ], runbook: Runbook.aggregator("records_gone"))
        ]
    }

    /// The log's own time is ahead of the clock: everything that comes now counts as late.
    @Sendable static func ahead(_ seen: Observations) -> [Diagnosis.Finding] {
        let ahead = (seen.results.value?.progress ?? []).filter { ($0.streamTime ?? 0) > seen.at + 60_000 }
        guard let worst = ahead.max(by: { ($0.streamTime ?? 0) < ($1.streamTime ?? 0) }) else { return [] }
        let by = TimeSpan(milliseconds: (worst.streamTime ?? 0) - seen.at)
        return [
            Diagnosis.Finding(
                cause: "clock_skew",
                title: "A producer's clock is ahead: the stream's time of \(worst.place) is \(by) in the future",
                likelihood: 0.8,
                evidence: ahead.prefix(3).map {
                    "sluice.progress \($0.place): stream time \(Instant(milliseconds: $0.streamTime ?? 0)), \($0.lateEvents) events were late so far"
                },
                nextSteps: [
                    .init(
                        "Every event counts as late until the clock has caught up; charges are right. Find the producer by its newest records and set its clock",
                        "kafka-console-consumer.sh --bootstrap-server $SLUICE_KAFKA_BROKERS --topic \(worst.topic) --partition \(worst.partition) --offset \(max(0, (worst.nextOffset ?? 1) - 1)) --max-messages 1 --property print.timestamp=true --property print.key=true --property print.value=false"
                    )
                ], runbook: Runbook.aggregator("time-ahead"))
        ]
    }

    @Sendable static func behind(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let backlog = Backlog(seen), backlog.isLong, backlog.rate > 0 else { return [] }
        return [
            Diagnosis.Finding(
                cause: "backlog", title: "The job is behind and will be for long: \(backlog.text)", likelihood: 0.45,
                evidence: [
                    "sluice.progress against the log: \(backlog.lag) records wait, \(Int64(backlog.rate)) are applied a second"
                ]
                    + seen.aggregators.compactMap { probe in
                        probe.metric("sluice_oldest_unapplied_age_seconds").map {
                            "\(probe.name): the oldest waiting record is \(Int64($0)) s old"
                        }
                    },
                nextSteps: [
                    .init(
                        "Start another process with its own instance id, up to the number of partitions",
                        "curl -s $admin/metrics | grep process_cpu_seconds_total")
                ], runbook: Runbook.aggregator("lag-growing"))
        ]
    }

    @Sendable static func oneHot(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let log = seen.log.value, let backlog = Backlog(seen), backlog.lag >= 10_000, backlog.isLong else {
            return []
        }
        let lags = (seen.results.value?.progress ?? []).map { ($0, log.lag($0) ?? 0) }
        guard lags.count >= 3, let (row, lag) = lags.max(by: { $0.1 < $1.1 }), lag * 5 >= backlog.lag * 4 else {
            return []
        }
        return [
            Diagnosis.Finding(
                cause: "hot_partition", title: "Nearly all that waits is in partition \(row.place)", likelihood: 0.55,
                evidence: [
                    "sluice.progress against the log: \(lag) of \(backlog.lag) waiting records are in \(row.place)"
                ],
                nextSteps: [
                    .init(
                        "One campaign is most of the traffic; more processes do not help. Which one?",
                        "kafka-console-consumer.sh --bootstrap-server $SLUICE_KAFKA_BROKERS --topic \(row.topic) --partition \(row.partition) --offset \(row.nextOffset ?? 0) --max-messages 1000 --property print.key=true --property print.value=false | sort | uniq -c | sort -rn | head -3"
                    )
                ], runbook: Runbook.aggregator("lag-growing"))
        ]
    }

    /// The symptom without a cause: everything that has one explains it.
    @Sendable static func notMoving(_ seen: Observations) -> [Diagnosis.Finding] {
        guard let backlog = Backlog(seen), backlog.rate == 0 else { return [] }
        let still = backlog.rows.filter { $0.age > 10_000 }
        guard !still.isEmpty else { return [] }
        return [
            Diagnosis.Finding(
                cause: "no_progress", title: "Records wait and nothing is committed", likelihood: 0.3,
                evidence: still.prefix(3).map {
                    "sluice.progress \($0.place): next offset \($0.nextOffset ?? 0) for \(TimeSpan(milliseconds: $0.age)), owner \($0.owner)"
                },
                nextSteps: [
                    .init(
                        "Keep a stack of the owner, then start it again", "gdb -p PID -batch -ex 'thread apply all bt'")
                ], runbook: Runbook.aggregator("results-old"))
        ]
    }
}

extension Observations {
    /// What is done with a partition that stopped for a reason, where no process says it.
    fileprivate func move(_ code: String, _ place: String) -> String? {
        guard let slash = place.lastIndex(of: "/"), let log = log.value else { return nil }
        let topic = String(place[..<slash])
        guard let partition = Int64(place[slash...].dropFirst()), let ends = log.ends[topic]?[partition] else {
            return nil
        }
        let start = "sluice progress set\(flags) --topic \(topic) --partition \(partition)"
        switch code {
        case "records_gone": return start + " --accept-gap-to \(ends.start) --reason ..."
        case "log_truncated": return start + " --accept-truncation-at \(ends.end) --reason ..."
        default: return nil
        }
    }
}
