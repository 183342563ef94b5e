public import Postgres

/// The tables that every job keeps beside its results; each service applies them before its own.
public enum ProgressMigrations {
    public static func migrator(_ names: DatabaseNames) throws(PostgresError) -> Migrator {
        let sql = String(decoding: PackageResources.migration_0001_progress_sql, as: UTF8.self)
        return try Migrator(
            schema: names.schema("sluice"),
            migrations: [
                Migration(version: 1, name: "progress", sql: names.qualify(sql, schemas: ["sluice"]))
            ])
    }
}
