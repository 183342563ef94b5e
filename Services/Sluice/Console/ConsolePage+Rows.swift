extension ConsolePage {
    typealias StateWords = (class: String, mark: String, words: String)

    static func serviceWords(_ state: String) -> StateWords {
        switch state {
        case "ready": ("match", "✓", "ready")
        case "not_ready": ("mismatch", "✕", "not ready")
        case "stuck": ("mismatch", "✕", "stuck")
        case "unreachable": ("mismatch", "✕", "not answering")
        case "absent": ("idle", "○", "not here")
        default: ("not_checked", "…", "not asked yet")
        }
    }

    static func objectiveWords(_ state: String) -> StateWords {
        switch state {
        case "ok": ("match", "✓", "kept")
        case "ticket": ("not_checked", "!", "burning slowly (ticket)")
        case "page": ("mismatch", "✕", "burning fast (page)")
        default: ("not_checked", "?", safe(state))
        }
    }

    static func objective(_ one: ConsoleState.Objective, at now: Int64) -> ObjectiveRow {
        let objective = one.objective
        var state = objectiveWords(objective.state)
        if let since = objective.since, objective.state != "ok" { state.words += ", for \(age(now - since))" }
        let atOnce = objective.policy == "at_once"
        if atOnce, objective.state != "ok" {
            state.words = state.words.replacing("burning fast (page)", with: "broken (page)")
                .replacing("burning slowly (ticket)", with: "broken (ticket)")
        }
        let target = atOnce ? "always" : "\(percent(objective.target)) of \(safe(objective.window))"
        return ObjectiveRow(
            key: safe(one.service + " " + objective.name), objectiveTitle: safe(objective.title),
            objectiveService: safe(one.service),
            objectiveValue: objective.value.map { amount($0, objective.unit) } ?? "–",
            objectiveLimit: "at most \(amount(objective.atMost, objective.unit)), \(target)",
            objectiveClass: state.class, objectiveMark: state.mark, objectiveState: state.words,
            objectiveCause: safe(objective.cause ?? ""),
            objectiveHasCause: objective.cause?.isEmpty == false && objective.state != "ok",
            objectiveBurns: objective.burn.sorted { windowOrder($0.key) < windowOrder($1.key) }.map { window, rate in
                Burn(
                    key: safe(window), burnWindow: safe(window), burnRate: burn(rate),
                    burnClass: rate >= 14.4 ? "burn fast" : rate >= 1 ? "burn some" : "burn")
            })
    }

    /// Such as `5m` before `1h` before `3d`.
    private static func windowOrder(_ window: String) -> Int64 { TimeSpan(window)?.milliseconds ?? .max }

    private static func burn(_ rate: Double) -> String {
        guard rate.isFinite else { return "–" }
        if rate >= 100 { return Amount.count(Int64(min(rate, 1e9).rounded())) }
        let tenths = Int64((rate * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    /// "99.95 %": as many decimals as the target has, up to four.
    static func percent(_ share: Double) -> String {
        let tenThousandths = Int64((share * 1_000_000).rounded())
        var text = "\(tenThousandths / 10_000)"
        var decimals = String(tenThousandths % 10_000)
        decimals = String(repeating: "0", count: 4 - decimals.count) + decimals
        while decimals.last == "0" { decimals.removeLast() }
        if !decimals.isEmpty { text += "." + decimals }
        return text + " %"
    }

    private static func amount(_ value: Double, _ unit: String) -> String {
        if unit == "seconds" { return seconds(value) }
        guard value.isFinite, value.magnitude < 1e15 else { return "–" }
        let number = value.rounded() == value ? Amount.count(Int64(value)) : "\((value * 100).rounded() / 100)"
        // One partition, two partitions.
        return number + " " + safe(value == 1 && unit.hasSuffix("s") ? String(unit.dropLast()) : unit)
    }

    static func service(_ service: ConsoleState.Service) -> ServiceRow {
        let state = serviceWords(service.state)
        return ServiceRow(
            key: safe(service.url), serviceName: safe(service.name), serviceURL: safe(service.url),
            serviceVersion: safe(service.version ?? "–"), serviceClass: state.class, serviceMark: state.mark,
            serviceState: state.words,
            serviceReasons: service.reasons.enumerated().map { Line(key: "\($0)", lineText: safe($1)) },
            serviceUp: service.upSeconds.map { TimeSpan(milliseconds: $0 * 1_000).description } ?? "–")
    }

    static func partition(_ one: ConsoleState.Partition, at now: Int64) -> PartitionRow {
        let state: StateWords =
            one.isStopped
            ? ("mismatch", "✕", "stopped")
            : one.isIdle && one.lag ?? 0 == 0
                ? ("idle", "○", "idle") : one.lag == 0 ? ("match", "✓", "current") : ("match", "→", "reading")
        return PartitionRow(
            key: safe("\(one.topic)/\(one.partition)"), partitionName: safe("\(one.topic) \(one.partition)"),
            partitionOwner: safe(one.owner ?? "–"), partitionNext: one.nextOffset.map { Amount.count($0) } ?? "–",
            partitionLag: one.lag.map { Amount.count($0) } ?? "–",
            partitionWatermark: one.watermark.map { "\(age(now - $0)) behind" } ?? "–",
            partitionCommit: "\(age(now - one.committedAt)) ago", partitionClass: state.class,
            partitionMark: state.mark, partitionState: state.words)
    }

    static func partitionSummary(_ state: ConsoleState) -> String {
        guard !state.partitions.isEmpty else { return "" }
        let owners = Set(state.partitions.compactMap(\.owner)).count
        return "\(count(state.partitions.count, "partition", "partitions")) of "
            + "\(count(owners, "owner", "owners")). Watermarks are compared with this console's clock."
    }

    static func freshnessRows(_ state: ConsoleState) -> [FreshnessRow] {
        state.freshness.flatMap { one in
            func row(_ what: String, _ percentiles: ServiceHistory.Percentiles?) -> FreshnessRow {
                FreshnessRow(
                    key: safe("\(one.service) \(what)"), freshnessName: safe("\(one.service), \(what)"),
                    freshnessP50: percentiles.map { seconds($0.p50) } ?? "–",
                    freshnessP90: percentiles.map { seconds($0.p90) } ?? "–",
                    freshnessP99: percentiles.map { seconds($0.p99) } ?? "–",
                    freshnessCount: percentiles.map { Amount.count($0.observations) } ?? "0")
            }
            return [row("last minute", one.recent), row("since its start", one.sinceStart)]
        }
    }

    static func reconciliation(_ one: ConsoleState.Reconciliation, at now: Int64) -> ReconciliationRow {
        let state: StateWords =
            switch one.verdict {
            case "match": ("match", "✓", "agrees")
            case "mismatch": ("mismatch", "✕", "differs")
            default: ("not_checked", "?", "not compared")
            }
        func moment(_ milliseconds: Int64) -> String {
            let text = Instant(milliseconds: milliseconds).description
            return text.prefix(10) + " " + text.dropFirst(11).prefix(5)
        }
        let scope =
            switch (one.from, one.to) {
            case (nil, nil): "everything"
            case (let from?, nil): "from \(moment(from))"
            case (nil, let to?): "up to \(moment(to))"
            case (let from?, let to?): "\(moment(from)) to \(moment(to))"
            }
        return ReconciliationRow(
            key: safe(one.report + "\(one.finishedAt)"), reconciliationClass: state.class,
            reconciliationMark: state.mark,
            reconciliationVerdict: state.words, reconciliationScope: safe("\(one.kind): \(scope)"),
            reconciliationNote: safe(one.obstacle ?? ""), reconciliationHasNote: one.obstacle != nil,
            reconciliationRecords: Amount.count(one.records), reconciliationDifferences: Amount.count(one.differences),
            reconciliationWhen: "\(age(now - one.finishedAt)) ago",
            reconciliationReport: safe(String(one.report.prefix(12))))
    }

    static func letter(_ one: ConsoleState.Letter, at now: Int64) -> LetterRow {
        let note = one.fields == nil ? payloadNote(one.payloadBytes) : nil
        return LetterRow(
            key: safe("\(one.topic)/\(one.partition)/\(one.offset)/\(one.storedAt)"),
            letterPlace: safe("\(one.topic) \(one.partition):\(one.offset)"), letterReason: safe(one.reason),
            letterWhen: "\(age(now - one.storedAt)) ago",
            letterRedriven: one.redrivenAt.map { "re-driven \(age(now - $0)) ago" } ?? "",
            letterHasRedriven: one.redrivenAt != nil, letterNote: note ?? "", letterHasNote: note != nil,
            letterFields: (one.fields ?? []).map {
                Field(key: safe($0.name), fieldName: safe($0.name), fieldValue: safe($0.value))
            }
        )
    }

    private static func payloadNote(_ bytes: Int64?) -> String {
        switch bytes {
        case nil: "The record has no payload."
        case 0: "The payload has no bytes."
        case let bytes?:
            "The \(Amount.count(bytes)) bytes do not decode as an event; `sluice dead-letters show` prints them."
        }
    }

    static func source(_ source: ConsoleState.Source, at now: Int64) -> SourceRow {
        let state: StateWords =
            switch source.state {
            case "ok": ("match", "✓", "as of \(source.at.map { age(now - $0) } ?? "–") ago")
            case "waiting": ("not_checked", "…", "not asked yet")
            case "silent": ("mismatch", "✕", safe(source.problem ?? "no answer"))
            default: ("mismatch", "✕", safe(source.problem ?? "failed"))
            }
        return SourceRow(
            key: source.name, sourceClass: state.class, sourceMark: state.mark, sourceName: source.name,
            sourceWords: state.words)
    }
}
