import Postgres
import Testing

@testable import Sluice

@Suite struct SpendQueryTests {
    private func tables() async throws -> ResultTables {
        let tables = try await ResultTables()
        try tables.connection.execute(
            """
            INSERT INTO \(tables.schemas.minute) VALUES
                (1, 10, '2026-01-15 08:00:00+00', 'USD', 5, 1, 0, 0, 2, 1500000001, 1),
                (1, 10, '2026-01-15 08:01:00+00', 'USD', 5, 0, 0, 0, 0, 500000000, 0),
                (1, 11, '2026-01-15 08:00:00+00', 'USD', 1, 0, 0, 0, 0, 99999999999999999999999999999, 0),
                (2, 20, '2026-01-15 08:00:00+00', 'EUR', 1, 0, 1, 3, 0, 7000000000, 0)
            """)
        return tables
    }

    @Test func totalsByCampaign() async throws {
        let tables = try await tables()
        var query = SpendQuery()
        let totals = try query.totals(in: tables.schemas, on: tables.connection)
        #expect(totals.rows.map { $0[1] } == [.identifier(11), .identifier(20), .identifier(10)])
        #expect(
            totals.rows[2] == [
                .identifier(1), .identifier(10), .text("USD"), .nanos(2_000_000_001), .number(10), .number(1),
                .number(0), .number(0), .number(2), .number(1),
            ])
        #expect(totals.rows[0][3] == .nanos(Int128("99999999999999999999999999999")!))
        query.limit = 1
        #expect(try query.totals(in: tables.schemas, on: tables.connection).rows.count == 1)
    }

    @Test func filtersAndGroupings() async throws {
        let tables = try await tables()
        var query = SpendQuery(grouping: .advertiser)
        query.currency = "EUR"
        #expect(
            try query.totals(in: tables.schemas, on: tables.connection).rows.map { Array($0.prefix(3)) } == [
                [.identifier(2), .text("EUR"), .nanos(7_000_000_000)]
            ])
        query = SpendQuery(grouping: .minute, advertiser: 1, campaign: 10)
        #expect(
            try query.totals(in: tables.schemas, on: tables.connection).rows.map { $0[0] } == [
                .text("2026-01-15T08:00:00Z"), .text("2026-01-15T08:01:00Z"),
            ])
        query.from = Instant(milliseconds: 1_768_464_060_000)
        #expect(try query.totals(in: tables.schemas, on: tables.connection).rows.count == 1)
        query.from = nil
        query.to = Instant(milliseconds: 1_768_464_060_000)
        let before = try query.totals(in: tables.schemas, on: tables.connection)
        #expect(before.rows.map { $0[2] } == [.nanos(1_500_000_001)])
        query.advertiser = 3
        #expect(try query.totals(in: tables.schemas, on: tables.connection).rows.isEmpty)
    }

    @Test func grandTotalsKeepCurrenciesApart() async throws {
        let tables = try await tables()
        let totals = try SpendQuery(advertiser: nil).grandTotals(in: tables.schemas, on: tables.connection)
        #expect(totals.rows.map { $0[0] } == [.text("EUR"), .text("USD")])
        #expect(totals.rows[0][1] == .nanos(7_000_000_000))
    }
}
