import Connectors
import Postgres

/// The SQL that a checkpoint of spend calls. What it does is written in the migrations: one place says how a level comes
/// of the one below, for this version of the program and the one before.
struct SpendStatements {
    /// Takes the lock that whoever changes zones, budgets or the retention needs for itself.
    let begin: PreparedStatement
    let addMinutes: PreparedStatement
    let addAdHours: PreparedStatement
    let addPlacementHours: PreparedStatement
    let addCountryHours: PreparedStatement
    /// Compares what campaigns have spent with their budgets.
    let judge: PreparedStatement
    let ensureDays: String

    init(_ names: DatabaseNames) {
        func function(_ name: String) -> String { names.table("spend", name) }
        let measures = ["int8[]", "int8[]", "int8[]", "int8[]", "int8[]", "int8[]", "numeric[]"]
        func call(_ name: String, _ key: [String]) -> PreparedStatement {
            let types = ["int4[]", "timestamptz[]", "int8[]", "int8[]", "text[]"] + key + measures + ["timestamptz[]"]
            let arguments = types.enumerated().map { "$\($0 + 1)::\($1)" }.joined(separator: ", ")
            return PreparedStatement(name: "spend_\(name)", sql: "SELECT \(function(name))(\(arguments))")
        }
        begin = PreparedStatement(name: "spend_begin", sql: "SELECT \(function("begin_results"))()")
        addMinutes = call("add_minutes", [])
        addPlacementHours = call("add_placement_hours", ["int4[]"])
        addCountryHours = call("add_country_hours", ["text[]"])
        // Events bring no adjustments.
        addAdHours = PreparedStatement(
            name: "spend_add_ad_hours",
            sql: """
                SELECT \(function("add_ad_hours"))('e', $1::int4[], $2::timestamptz[], $3::int8[], $4::int8[], $5::text[],
                    $6::int8[], $7::int8[], $8::int8[], $9::int8[], $10::int8[], $11::int8[], $12::int8[], $13::int8[],
                    $14::numeric[], array_fill(0::int8, ARRAY[cardinality($1::int4[])]),
                    array_fill(0::numeric, ARRAY[cardinality($1::int4[])]), $15::timestamptz[])
                """)
        judge = PreparedStatement(
            name: "spend_judge", sql: "SELECT campaign_id, headroom FROM \(function("judge_budgets"))($1::int8[])")
        ensureDays = "SELECT \(function("ensure_day"))(day) FROM unnest($1::timestamptz[]) AS given(day) ORDER BY day"
    }
}
