extension SpendRowKey {
    /// By the names of the table's columns, in the order of its primary key.
    var parts: [ReconciliationReport.KeyPart] {
        let level = spendLevel
        var parts: [ReconciliationReport.KeyPart] = []
        if let window = LevelTable(level: level).window {
            parts.append(.init(window, windowText))
        }
        parts += [
            .init("campaign_id", String(campaign)), .init("advertiser_id", String(advertiser)),
            .init("currency", currencyText),
        ]
        switch level {
        case .adHour: parts += [.init("ad_group_id", String(first)), .init("ad_id", String(second))]
        case .placementHour: parts.append(.init("placement", String(first)))
        case .countryHour:
            parts.append(.init("country", RecountText.letters(UInt32(truncatingIfNeeded: first), count: 2)))
        default: break
        }
        return parts + [.init("source_partition", String(partition))]
    }

    /// When the window begins, or the date of a day.
    var windowText: String {
        spendLevel == .day ? CivilTime.isoDate(day: ZoneTable.floorDay(start)) : CivilTime(milliseconds: start).iso
    }
}

extension RowDifference {
    /// The columns that differ.
    var columns: [ReconciliationReport.Column] {
        let log = (expected ?? SpendCounts()).columns
        let found = (actual ?? SpendCounts()).columns
        return zip(log, found).compactMap { log, found in
            guard log.value != found.value || log.name == "spend_nanos" else { return nil }
            return .init(
                log.name, expected: expected == nil ? nil : String(log.value),
                actual: actual == nil ? nil : String(found.value))
        }
    }
}
