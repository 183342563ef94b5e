import Postgres

/// An adjustment as a test gives it to the ledger.
struct GivenAdjustment: Sendable, Hashable {
    /// The number that makes its id.
    var id: Int
    var time: Int64
    var advertiser: Int64 = 7
    var campaign: Int64 = 70
    var adGroup: Int64 = 0
    var ad: Int64 = 0
    var nanos: Int64
    var currency = "EUR"
    var reason = "invalid_traffic"
    var reference = "case 1"
    var partition: Int32 = 0

    var idHex: String {
        let digits = String(id, radix: 16)
        return String(repeating: "0", count: 32 - digits.count) + digits
    }
}

extension StoreFixture {
    /// The statement that records adjustments in this order.
    func adding(_ given: [GivenAdjustment]) -> String {
        func array(_ type: String, _ value: (GivenAdjustment) -> String) -> String {
            "ARRAY[\(given.map(value).joined(separator: ", "))]::\(type)[]"
        }
        return qualify(
            """
            SELECT "spend".add_adjustments(\(array("int4") { "\($0.partition)" }),
                \(array("bytea") { "'\\x\($0.idHex)'" }),
                \(array("timestamptz") { "timestamptz 'epoch' + \($0.time) * interval '1 millisecond'" }),
                \(array("int8") { "\($0.advertiser)" }), \(array("int8") { "\($0.campaign)" }),
                \(array("int8") { "\($0.adGroup)" }), \(array("int8") { "\($0.ad)" }),
                \(array("numeric") { "\($0.nanos)" }), \(array("text") { "'\($0.currency)'" }),
                \(array("text") { "'\($0.reason)'" }), \(array("text") { "'\($0.reference)'" }))
            """)
    }

    /// Records adjustments in a transaction as a checkpoint of them does: judged at the end.
    ///
    /// - Returns: how many were not new.
    @discardableResult
    func adjust(_ given: [GivenAdjustment], on other: PostgresConnection? = nil) throws -> Int64 {
        let connection = other ?? connection
        try run("BEGIN; SELECT \"spend\".begin_results()", on: connection)
        do {
            let known = try connection.query(adding(given))[0].int64(0)
            let campaigns = Set(given.map(\.campaign)).map(String.init).joined(separator: ",")
            try run("SELECT \"spend\".judge_budgets('{\(campaigns)}'); COMMIT", on: connection)
            return known
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }
}
