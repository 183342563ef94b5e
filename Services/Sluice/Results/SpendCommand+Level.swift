import Postgres

/// Which options fit which level.
extension SpendCommand {
    /// What is asked, once it is known to make sense.
    typealias Question = (ResultSchemas, PostgresConnection) throws -> SpendAnswer

    /// - Throws: `CommandFailure` (.usage) for an option that does not fit the level.
    func question(about level: SpendLevel) throws -> Question {
        if by != nil { throw CommandFailure(.usage, "give --by or --level, not both") }
        if level == .adjustment { return try ledgerQuery().answer }
        return try levelQuery(level).answer
    }

    func levelQuery(_ level: SpendLevel) throws -> LevelQuery {
        var query = LevelQuery(level: level, filter: try filter(level))
        if let limit {
            // The next cursor would pass what the limit leaves out.
            if since != nil { throw CommandFailure(.usage, "--limit does not fit --since: it would lose changes") }
            query.limit = limit
        }
        query.since = since
        if let target {
            guard target.utf8.count == 3, target.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
                throw CommandFailure(.usage, "--in takes a currency of three letters, such as USD")
            }
            query.target = target
        }
        return query
    }

    func ledgerQuery() throws -> LedgerQuery {
        if since != nil {
            throw CommandFailure(
                .usage, "--since does not fit level adjustment: ask --level hour, which an adjustment changes")
        }
        if target != nil { throw CommandFailure(.usage, "the ledger is never converted: --in does not fit its level") }
        return LedgerQuery(filter: try filter(.adjustment), limit: limit ?? LevelQuery.defaultLimit)
    }

    private func filter(_ level: SpendLevel) throws -> SpendFilter {
        if campaign != nil, level.isOfAdvertiser {
            throw CommandFailure(
                .usage,
                "--campaign does not fit level \(level.rawValue), which adds up an advertiser's campaigns: "
                    + "ask --level \(level.byCampaign.rawValue)")
        }
        var filter = SpendFilter(advertiser: advertiser, campaign: campaign, currency: currency)
        filter.from = try bound(from, "from", level)
        filter.to = try bound(to, "to", level)
        // Dates are compared as the instants that they would be.
        guard let from = filter.from, let to = filter.to, let first = Instant(from, now: .now),
            let end = Instant(to, now: .now), first >= end
        else { return filter }
        throw CommandFailure(.usage, "--from \(from) is not before --to \(to)")
    }

    /// A bound of windows, as PostgreSQL reads it.
    private func bound(_ text: String?, _ option: String, _ level: SpendLevel) throws -> String? {
        guard let text else { return nil }
        switch level.window {
        case .moment: return try Self.instant(text, option)?.description
        case .day:
            guard let date = CalendarDate(text) else {
                throw CommandFailure(
                    .usage,
                    "--\(option) takes a date (2026-01-15) at level \(level.rawValue), whose days are the advertiser's own"
                )
            }
            return date.description
        case .lifetime:
            throw CommandFailure(
                .usage, "--\(option) does not fit level \(level.rawValue), which is everything: ask --level day")
        }
    }
}
