import Postgres

/// The names of the schemas and tables that a job keeps its results in, quoted for SQL.
struct ResultSchemas: Equatable, Sendable {
    /// What stands before the names of the schemas; empty by default.
    let prefix: String

    /// The view of spend by advertiser, campaign, minute and currency.
    var minute: String { quoteIdentifier(prefix + "spend") + ".minute" }
    /// How far each partition has been read.
    var progress: String { quoteIdentifier(prefix + "sluice") + ".progress" }
    /// The records that could not be counted.
    var deadLetter: String { quoteIdentifier(prefix + "sluice") + ".dead_letter" }

    /// A view, table or function of the results.
    func spend(_ name: String) -> String { quoteIdentifier(prefix + "spend") + "." + quoteIdentifier(name) }
}
