import Connectors
import Postgres
import Testing

/// SQL that names the schemas as the migrations do: "spend" and "sluice" in double quotes.
extension StoreFixture {
    func qualify(_ sql: String) -> String { names.qualify(sql, schemas: ["spend", "sluice"]) }

    func run(_ sql: String, on other: PostgresConnection? = nil) throws {
        try (other ?? connection).execute(qualify(sql))
    }

    /// The rows, each with its columns joined by blanks; NULL reads "-".
    func lines(_ sql: String, on other: PostgresConnection? = nil) throws -> [String] {
        let rows = try (other ?? connection).query(qualify(sql))
        var lines: [String] = []
        for row in rows {
            var parts: [String] = []
            for column in rows.columnNames.indices { parts.append(try row.optionalString(column) ?? "-") }
            lines.append(parts.joined(separator: " "))
        }
        return lines
    }

    /// The one number that a query answers.
    func number(_ sql: String, on other: PostgresConnection? = nil) throws -> Int64 {
        try (other ?? connection).query(qualify(sql))[0].int64(0)
    }

    /// A session of its own, whose transactions may be left open as long as a test wants.
    func session() throws -> PostgresConnection {
        var patient = configuration
        patient.idleInTransactionTimeoutMilliseconds = 0
        patient.lockTimeoutMilliseconds = 60_000
        return try PostgresConnection(patient)
    }

    /// Waits until a session waits for a lock of another, or `isOver` says that nobody will.
    func waitUntil(_ blocker: PostgresConnection, holdsUp isOver: () -> Bool = { false }) throws -> Bool {
        let deadline = ContinuousClock.now + .seconds(60)
        let blocked = "SELECT count(*) FROM pg_stat_activity WHERE $1::int4 = ANY(pg_blocking_pids(pid))"
        while ContinuousClock.now < deadline {
            if try connection.query(blocked, [.int8(Int64(blocker.backendProcessID))])[0].int64(0) > 0 { return true }
            if isOver() { return false }
        }
        return false
    }

    /// Puts another body in the place of a function of this installation, with a text of it changed.
    func mutate(_ function: String, replacing text: String, by other: String) throws {
        let source = try connection.query(
            "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = $1 AND pronamespace = $2::regnamespace",
            [.text(function), .text("\"\(names.schema("spend"))\"")])[0].string(0)
        let mutant = source.split(separator: text, omittingEmptySubsequences: false).joined(separator: other)
        let isChanged = mutant != source
        try #require(isChanged, "\(function) holds no \(text)")
        try connection.execute(mutant)
    }
}
