/// Brings a schema to the version that the program carries.
///
/// The table `<schema>.schema_migration` records what was applied. Several processes may migrate at once: a session's
/// advisory lock lets them take turns, and the later ones find the work done. (A pooler that hands out a session by
/// the transaction breaks such locks: connect to the server itself.)
public struct Migrator: Sendable {
    public let schema: String
    public let migrations: [Migration]
    /// How long to wait for another process that is migrating.
    public var lockWaitMilliseconds = 60_000
    /// How long one statement of a migration may run; the connection's own limit is for ordinary work. While it runs
    /// the locks that it waits for are still bounded by the connection's lock timeout.
    public var statementTimeoutMilliseconds = 30 * 60_000

    /// - Throws: `.invalidArgument` unless the versions start at 1 or above and ascend.
    public init(schema: String, migrations: [Migration]) throws(PostgresError) {
        var last = 0
        for migration in migrations {
            guard migration.version > last else {
                throw PostgresError(
                    .invalidArgument,
                    "Migration \(migration.version) (\(migration.name)) of \(schema) does not come "
                        + "after version \(last).", hint: "Versions are above 0 and ascend.")
            }
            last = migration.version
        }
        guard !schema.isEmpty, !schema.utf8.contains(0) else {
            throw PostgresError(.invalidArgument, "The name of the schema is empty or holds a zero byte.")
        }
        self.schema = schema
        self.migrations = migrations
    }

    private var table: String { "\(quoteIdentifier(schema)).schema_migration" }

    /// What is applied, pending, and newer. Changes nothing.
    ///
    /// - Throws: `.migration` where an applied migration is not the one that the program carries, or where one is
    ///   missing below the last applied one.
    public func status(on connection: PostgresConnection) throws(PostgresError) -> MigrationStatus {
        let exists = try connection.query("SELECT to_regclass($1) IS NOT NULL", [.text(table)])
        guard try exists[0].bool(0) else { return try compare([], checksums: []) }
        let rows = try connection.query(
            "SELECT version, name, checksum, applied_at FROM \(table) ORDER BY version")
        var applied: [AppliedMigration] = []
        for row in rows {
            applied.append(
                AppliedMigration(
                    version: Int(try row.int64("version")), name: try row.string("name"),
                    checksum: try row.string("checksum"), appliedAt: try row.string("applied_at")))
        }
        return try compare(applied, checksums: checksums(on: connection))
    }

    /// Applies what is pending, each migration in a transaction of its own together with its record.
    ///
    /// - Throws: as `status(on:)`; `.server` with the migration in its context where its SQL fails, what came before
    ///   it stays applied; 55P03 (transient) where another process held the lock for too long.
    /// - Returns: the versions that this call applied.
    @discardableResult
    public func apply(on connection: PostgresConnection) throws(PostgresError) -> [Int] {
        guard try !status(on: connection).isCurrent else { return [] }
        guard connection.transactionState == .idle else {
            throw PostgresError(
                .invalidArgument, "Migrations cannot run inside a transaction.",
                hint: "Commit or roll back before.", context: "migrating \(schema)")
        }
        let statementTimeout = try connection.query("SHOW statement_timeout")[0].string(0)
        let silence = connection.silenceTimeoutMilliseconds
        // The server must reach its own limit first.
        let longest = max(statementTimeoutMilliseconds, lockWaitMilliseconds)
        if silence > 0 { connection.silenceTimeoutMilliseconds = max(silence, longest + 10_000) }
        defer { connection.silenceTimeoutMilliseconds = silence }
        var failure: PostgresError?
        var versions: [Int] = []
        do throws(PostgresError) {
            try connection.execute("SET statement_timeout = \(statementTimeoutMilliseconds)")
            try takeLock(on: connection)
            try createTable(on: connection)
            // Another process may have been here while this one waited.
            for migration in try status(on: connection).pending {
                try apply(migration, on: connection)
                versions.append(migration.version)
            }
        } catch {
            failure = error
        }
        do throws(PostgresError) {
            if connection.isOpen {
                if connection.transactionState != .idle { try connection.execute("ROLLBACK") }
                try connection.query("SELECT pg_advisory_unlock(\(Self.lockKey))", [.text(schema)])
                try connection.execute("SET statement_timeout = \(quoteLiteral(statementTimeout))")
            }
        } catch {
            // The lock goes with the session.
            connection.close()
            failure = failure ?? error
        }
        if let failure { throw failure }
        return versions
    }

    /// The key of the advisory lock, from the schema's name.
    private static let lockKey = "hashtextextended('sluice.schema_migration:' || $1::text, 0)"

    private func takeLock(on connection: PostgresConnection) throws(PostgresError) {
        let before = try connection.query("SHOW lock_timeout")[0].string(0)
        try connection.execute("SET lock_timeout = \(lockWaitMilliseconds)")
        do throws(PostgresError) {
            try connection.query("SELECT pg_advisory_lock(\(Self.lockKey))", [.text(schema)])
        } catch {
            if connection.isOpen { try connection.execute("SET lock_timeout = \(quoteLiteral(before))") }
            guard error.sqlState == "55P03" else { throw error }
            throw PostgresError(
                .server, "Another process has been migrating \(schema) for more than \(lockWaitMilliseconds) ms.",
                sqlState: error.sqlState, hint: "See pg_locks, locktype advisory.", context: "migrating \(schema)")
        }
        try connection.execute("SET lock_timeout = \(quoteLiteral(before))")
    }

    /// Creates only what is missing: a role without the right to create needs none where an administrator has.
    private func createTable(on connection: PostgresConnection) throws(PostgresError) {
        let exists = try connection.query(
            "SELECT to_regnamespace($1) IS NOT NULL, to_regclass($2) IS NOT NULL",
            [.text(quoteIdentifier(schema)), .text(table)])[0]
        if try !exists.bool(0) { try connection.execute("CREATE SCHEMA \(quoteIdentifier(schema))") }
        if try exists.bool(1) { return }
        try connection.execute(
            """
            CREATE TABLE \(table) (
                version bigint PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """)
    }

    private func apply(_ migration: Migration, on connection: PostgresConnection) throws(PostgresError) {
        do throws(PostgresError) {
            try connection.execute("BEGIN")
            let transaction = try connection.query("SELECT pg_current_xact_id()::text")[0].string(0)
            try connection.execute(migration.sql)
            let same =
                connection.transactionState == .inTransaction
                ? try connection.query("SELECT pg_current_xact_id()::text")[0].string(0) == transaction : false
            guard same else {
                throw PostgresError(
                    .migration, "The text ends the transaction that it runs in.",
                    hint: "A migration has no BEGIN, COMMIT or ROLLBACK. Part of it may have been made permanent: "
                        + "look at the schema before trying again.")
            }
            try connection.query(
                """
                INSERT INTO \(table) (version, name, checksum)
                VALUES ($1, $2, encode(sha256(convert_to($3, 'UTF8')), 'hex'))
                """,
                [.int8(Int64(migration.version)), .text(migration.name), .text(migration.sql)])
            try connection.query("COMMIT")
        } catch {
            if connection.isOpen, connection.transactionState != .idle { try connection.execute("ROLLBACK") }
            var placed = error
            placed.context =
                "migration \(migration.version) (\(migration.name)) of \(schema)"
                + (error.context.map { "; \($0)" } ?? "")
            throw placed
        }
    }

    /// SHA-256 of each migration's text, computed by the server (there is no other hash here without a dependency).
    private func checksums(on connection: PostgresConnection) throws(PostgresError) -> [String] {
        guard !migrations.isEmpty else { return [] }
        var texts = TextArrayBuilder()
        for migration in migrations { texts.append(migration.sql) }
        let rows = try connection.query(
            """
            SELECT encode(sha256(convert_to(t.sql, 'UTF8')), 'hex')
            FROM unnest($1) WITH ORDINALITY AS t (sql, place) ORDER BY t.place
            """, [texts.parameter])
        var checksums: [String] = []
        for row in rows { checksums.append(try row.string(0)) }
        return checksums
    }

    private func compare(
        _ applied: [AppliedMigration], checksums: [String]
    ) throws(PostgresError) -> MigrationStatus {
        var status = MigrationStatus()
        status.applied = applied
        var remaining: [Int: AppliedMigration] = [:]
        for migration in applied { remaining[migration.version] = migration }
        let lastApplied = applied.last?.version ?? 0
        for (index, migration) in migrations.enumerated() {
            guard let record = remaining.removeValue(forKey: migration.version) else {
                guard migration.version > lastApplied else {
                    throw mismatch(
                        "Migration \(migration.version) (\(migration.name)) is not applied, and \(lastApplied) is.")
                }
                status.pending.append(migration)
                continue
            }
            guard record.checksum == checksums[index] else {
                throw mismatch(
                    "Migration \(migration.version) (\(migration.name)) was changed after it was applied at "
                        + "\(record.appliedAt).")
            }
        }
        let lastKnown = migrations.last?.version ?? 0
        for record in applied where remaining[record.version] != nil {
            guard record.version > lastKnown else {
                throw mismatch(
                    "Migration \(record.version) (\(record.name)) is applied, and this program does not know it.")
            }
            status.newer.append(record)
        }
        return status
    }

    private func mismatch(_ message: String) -> PostgresError {
        PostgresError(
            .migration, message,
            hint: "Is this the right database, and this program's release from the same line? Applied migrations are "
                + "never edited: add a new version instead.", context: "schema \(schema)")
    }
}
