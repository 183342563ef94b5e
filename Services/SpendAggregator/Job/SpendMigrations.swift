public import Connectors
public import Postgres

/// The tables of the spend aggregator's results. Applied after `ProgressMigrations`.
public enum SpendMigrations {
    public static func migrator(_ names: DatabaseNames) throws(PostgresError) -> Migrator {
        let sql = String(decoding: PackageResources.migration_0001_minute_sql, as: UTF8.self)
        return try Migrator(
            schema: names.schema("spend"),
            migrations: [Migration(version: 1, name: "minute", sql: names.qualify(sql, schemas: ["spend"]))])
    }
}
