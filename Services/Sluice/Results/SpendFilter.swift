import Postgres

/// Which rows of a level are asked for.
struct SpendFilter: Equatable, Sendable {
    var advertiser: Int64?
    var campaign: Int64?
    var currency: String?
    /// The first window that counts, in a form that PostgreSQL reads: a time, or a date at levels of days.
    var from: String?
    /// The first window that does not count any more.
    var to: String?

    /// The condition and its parameters, which are numbered from 1 on.
    ///
    /// - Parameter window: the column that `from` and `to` are about.
    func condition(window: String?) -> (sql: String, parameters: [PostgresParameter]) {
        var terms: [String] = []
        var parameters: [PostgresParameter] = []
        func add(_ term: String, _ parameter: PostgresParameter) {
            parameters.append(parameter)
            terms.append("\(term) $\(parameters.count)")
        }
        if let advertiser { add("advertiser_id =", .int8(advertiser)) }
        if let campaign { add("campaign_id =", .int8(campaign)) }
        if let currency { add("currency =", .text(currency)) }
        if let window, let from { add("\(window) >=", .text(from)) }
        if let window, let to { add("\(window) <", .text(to)) }
        return (terms.isEmpty ? "" : " WHERE " + terms.joined(separator: " AND "), parameters)
    }
}
