/// One step of a schema's history. Once a release has carried it, its text is never changed: a later version mends it.
public struct Migration: Sendable, Hashable {
    /// From 1; a schema's migrations have ascending versions.
    public let version: Int
    /// What it does, in a few words.
    public let name: String
    /// One or more statements without BEGIN, COMMIT or ROLLBACK: the migrator runs them in a transaction together
    /// with the record that they were applied. What cannot run in a transaction (CREATE INDEX CONCURRENTLY) cannot
    /// be a migration. Each must leave the schema usable for the version of the program before.
    public let sql: String

    public init(version: Int, name: String, sql: String) {
        self.version = version
        self.name = name
        self.sql = sql
    }
}

/// A migration as the database records it.
public struct AppliedMigration: Sendable, Hashable {
    public let version: Int
    public let name: String
    /// SHA-256 of its text, in hexadecimal.
    public let checksum: String
    /// When, as PostgreSQL writes a timestamptz.
    public let appliedAt: String
}

/// What a database has, against what a program carries.
public struct MigrationStatus: Sendable, Hashable {
    /// Everything that the database records, by version.
    public internal(set) var applied: [AppliedMigration] = []
    /// What the program carries and the database lacks.
    public internal(set) var pending: [Migration] = []
    /// What the database has beyond the program's last version: a later release was here. That is allowed, so that
    /// releases can be rolled, and worth a line in the log.
    public internal(set) var newer: [AppliedMigration] = []

    /// The database has all that the program needs.
    public var isCurrent: Bool { pending.isEmpty }
}
