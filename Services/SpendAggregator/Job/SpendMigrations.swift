public import Connectors
public import Postgres

/// The tables of the spend aggregator's results. Applied after `ProgressMigrations`.
public enum SpendMigrations {
    public static func migrator(_ names: DatabaseNames) throws(PostgresError) -> Migrator {
        func migration(_ version: Int, _ name: String, _ bytes: [UInt8]) -> Migration {
            Migration(
                version: version, name: name,
                sql: names.qualify(String(decoding: bytes, as: UTF8.self), schemas: ["spend", "sluice"]))
        }
        return try Migrator(
            schema: names.schema("spend"),
            migrations: [
                migration(1, "minute", PackageResources.migration_0001_minute_sql),
                migration(2, "forget_partition", PackageResources.migration_0002_forget_partition_sql),
                migration(3, "levels", PackageResources.migration_0003_levels_sql),
                migration(4, "budgets", PackageResources.migration_0004_budgets_sql),
            ])
    }
}
