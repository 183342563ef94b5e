import Schemas

/// Signals as they are printed.
enum SignalTable {
    /// The signals in the order in which they were decided.
    ///
    /// - Parameters:
    ///   - campaign: nil takes every one's.
    ///   - last: nil takes all; else at most so many, the newest.
    ///   - format: programs get the sources as well.
    static func table(
        of signals: [BudgetSignal], campaign: Int64? = nil, last: Int? = nil, _ format: Table.Format = .table
    ) -> Table {
        var table = Table(
            [
                Table.Column("decided_at"), Table.Column("campaign_id", numeric: true), Table.Column("budget"),
                Table.Column("signal"), Table.Column("threshold_percent", title: "per cent", numeric: true),
                Table.Column("spent", numeric: true), Table.Column("amount", title: "of", numeric: true),
                Table.Column("currency"), Table.Column("day"), Table.Column("lane", numeric: true),
                Table.Column("sequence", numeric: true),
            ]
                + (format == .table
                    ? []
                    : [
                        Table.Column("advertiser_id", numeric: true), Table.Column("budget_version", numeric: true),
                        Table.Column("sources"),
                    ]))
        let chosen = signals.filter { campaign == nil || $0.campaignID == campaign }.sorted {
            ($0.decidedAtMilliseconds, $0.lane, $0.sequence) < ($1.decidedAtMilliseconds, $1.lane, $1.sequence)
        }
        table.rows = chosen.suffix(last ?? chosen.count).map { cells(of: $0, format) }
        return table
    }

    private static func cells(of signal: BudgetSignal, _ format: Table.Format) -> [Table.Cell] {
        let cells: [Table.Cell] = [
            .text(Instant(milliseconds: signal.decidedAtMilliseconds).description), .identifier(signal.campaignID),
            .text(name(signal.budget)), .text(name(signal.kind)),
            signal.kind == .reset ? .null : .number(Int64(signal.thresholdPercent)), .nanos(Int128(signal.spentNanos)),
            .nanos(Int128(signal.budgetNanos)), .text(signal.currency.description), .text(signal.day),
            .identifier(Int64(signal.lane)), .identifier(signal.sequence),
        ]
        guard format != .table else { return cells }
        return cells + [
            .identifier(signal.advertiserID), .identifier(signal.budgetVersion), .text(text(signal.sources)),
        ]
    }

    /// As the table `spend.signal` spells it.
    static func name(_ kind: SignalKind) -> String {
        switch kind {
        case .crossed: "crossed"
        case .fellBelow: "fell_below"
        case .reset: "reset"
        case .unspecified: "unknown"
        }
    }

    static func name(_ budget: BudgetKind) -> String {
        switch budget {
        case .daily: "daily"
        case .lifetime: "lifetime"
        case .unspecified: "unknown"
        }
    }

    /// "ad-events/3:1200", with blanks between.
    static func text(_ sources: [SourceOffset]) -> String {
        sources.map { "\($0.topic)/\($0.partition):\($0.nextOffset)" }.joined(separator: " ")
    }
}
