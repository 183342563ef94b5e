import Postgres

/// Rows of a plan as the parameters of `RepairStatements`.
struct RepairRows {
    private var partitions = Int4ArrayBuilder()
    private var moments = TimestamptzArrayBuilder()
    private var campaigns = Int8ArrayBuilder()
    private var advertisers = Int8ArrayBuilder()
    private var currencies = TextArrayBuilder()
    private var firsts = Int8ArrayBuilder()
    private var seconds = Int8ArrayBuilder()
    private var deltas = Measures()
    private var areNew = BoolArrayBuilder()
    private var befores = Measures()

    /// The figures of rows, a column each.
    private struct Measures {
        var counts = (0..<6).map { _ in Int8ArrayBuilder() }
        var nanos = NumericArrayBuilder()

        mutating func append(_ row: SpendCounts) {
            for (place, column) in row.columns.prefix(6).enumerated() {
                counts[place].append(Int64(truncatingIfNeeded: column.value))
            }
            nanos.append(row.spendNanos)
        }

        var parameters: [PostgresParameter] { counts.map(\.parameter) + [nanos.parameter] }
    }

    init(_ rows: some Sequence<RepairPlan.Row>) {
        for row in rows {
            partitions.append(row.partition)
            moments.append(unixMilliseconds: row.start)
            campaigns.append(row.campaign)
            advertisers.append(row.advertiser)
            currencies.append(row.currency)
            firsts.append(row.first)
            seconds.append(row.second)
            deltas.append(row.delta)
            areNew.append(row.before == nil)
            befores.append(row.before?.counts ?? SpendCounts())
        }
    }

    var parameters: [PostgresParameter] {
        [
            partitions.parameter, moments.parameter, campaigns.parameter, advertisers.parameter, currencies.parameter,
            firsts.parameter, seconds.parameter,
        ] + deltas.parameters + [areNew.parameter] + befores.parameters
    }
}
