public import Postgres

/// The tables that every job keeps beside its results; each service applies them before its own.
public enum ProgressMigrations {
    public static func migrator(_ names: DatabaseNames) throws(PostgresError) -> Migrator {
        func migration(_ version: Int, _ name: String, _ bytes: [UInt8]) -> Migration {
            Migration(
                version: version, name: name,
                sql: names.qualify(String(decoding: bytes, as: UTF8.self), schemas: ["sluice"]))
        }
        return try Migrator(
            schema: names.schema("sluice"),
            migrations: [
                migration(1, "progress", PackageResources.migration_0001_progress_sql),
                migration(2, "progress_change", PackageResources.migration_0002_progress_change_sql),
                migration(3, "outbox", PackageResources.migration_0003_outbox_sql),
                migration(4, "reconciliation", PackageResources.migration_0004_reconciliation_sql),
                migration(5, "older_anchors", PackageResources.migration_0005_older_anchors_sql),
            ])
    }
}
