import Foundation
import Glibc
import LocalServers
import Postgres
import Testing

/// Everything that breaks in or around PostgreSQL, one thing after the other on one server, under a job that keeps on working.
@Suite(.serialized)
struct DoctorDatabaseTests {
    /// A job with a trickle of events, so that there is always something to commit.
    private final class Patient: Sendable {
        let scenario: Scenario
        let server: LocalPostgres
        let process: Aggregator
        /// The connection string of the service's role; doctor uses the same.
        let service: String
        var database: Database { scenario.database }

        init(_ scenario: Scenario, _ server: LocalPostgres, _ process: Aggregator, service: String) {
            (self.scenario, self.server, self.process, self.service) = (scenario, server, process, service)
        }

        func setServer(_ name: String, _ value: String?) throws {
            try database.execute(value.map { "ALTER SYSTEM SET \(name) = '\($0)'" } ?? "ALTER SYSTEM RESET \(name)")
            try database.execute("SELECT pg_reload_conf()")
        }

        /// Sessions of the job that this holds for.
        func waits(_ condition: String) throws -> Bool {
            try database.number(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '\(scenario.job)/%' AND \(condition)"
            ) ?? 0 > 0
        }

        func expectFirst(_ cause: String, sourceLocation: SourceLocation = #_sourceLocation) async throws
            -> DoctorAnswer.Finding?
        {
            try await scenario.expectFirst(cause, [process], postgres: service, sourceLocation: sourceLocation)
        }

        /// Commits go through and the service is ready again.
        func recovered() async throws {
            let before = try scenario.applied()
            try await until("commits go through again") {
                let applied = try scenario.applied()
                guard applied > before else { return false }
                return try await process.get("/healthz/ready").status == 200
            }
        }
    }

    private func withPatient(_ body: (Patient) async throws -> Void) async throws {
        try await withLocalPostgres { server in
            let database = Database(connectionString: server.connectionString)
            try database.execute("ALTER SYSTEM SET archive_mode = on")
            try database.execute("ALTER SYSTEM SET archive_command = '/bin/true'")
            try database.execute("ALTER SYSTEM SET max_prepared_transactions = 2")
            try await server.restart()
            try database.execute(
                "CREATE ROLE svc LOGIN; GRANT CREATE ON DATABASE sluice TO svc; GRANT pg_read_all_stats TO svc")
            let service = server.connectionString + " user=svc"
            try await withScenario(partitions: 2, postgres: server.connectionString) { scenario in
                try await scenario.createTopic()
                let process = try scenario.start("a", postgres: service)
                try await process.waitFor("partitions assigned")
                let stream = try scenario.startStream(events: 1_000_000, rate: 100, seed: 71)
                try await until("the first records are applied") { try scenario.applied() > 50 }
                try await body(Patient(scenario, server, process, service: service))
                try await stream.interrupt()
            }
        }
    }

    @Test("Locks, hung transactions, slow statements: the first finding is the true cause")
    func sessions() async throws {
        try await withPatient { patient in
            let (scenario, database) = (patient.scenario, patient.database)
            try await scenario.expectHealthy([patient.process], postgres: patient.service)

            let reader = try await HeldSession.open(
                scenario.postgres,
                ["BEGIN", "SELECT * FROM \(scenario.progress) WHERE owner <> 'Jane Doe' FOR UPDATE"],
                last: "SELECT pg_sleep(600), 'Jane Doe'")
            try await until("the job waits for a lock") {
                try patient.waits("wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '1 second'")
            }
            let blocked = try await patient.expectFirst("lock_blocked")
            #expect(blocked?.seen.contains("pid \(reader.pid) (report-tool") == true, "\(blocked?.seen ?? "")")
            #expect(blocked?.commands.contains("pg_cancel_backend(\(reader.pid))") == true)
            #expect(blocked?.seen.contains("Jane") == false)
            try await reader.end()
            try await patient.recovered()

            let forgotten = try await HeldSession.open(
                scenario.postgres, ["BEGIN", "LOCK TABLE \(scenario.progress) IN SHARE ROW EXCLUSIVE MODE"])
            try await until("the job waits for a lock") {
                try patient.waits("wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '1 second'")
            }
            let idle = try await patient.expectFirst("idle_in_transaction")
            #expect(idle?.commands.contains("pg_terminate_backend(\(forgotten.pid))") == true)
            try await forgotten.end()
            try await patient.recovered()

            let preparing = try await HeldSession.open(
                scenario.postgres,
                ["BEGIN", "UPDATE \(scenario.progress) SET owner = owner", "PREPARE TRANSACTION 'billing-1'"])
            try await until("the job waits for a lock") {
                try patient.waits("wait_event_type = 'Lock' AND query_start < clock_timestamp() - interval '1 second'")
            }
            let prepared = try await patient.expectFirst("prepared_transaction")
            #expect(prepared?.commands.contains("ROLLBACK PREPARED 'billing-1'") == true)
            try database.execute("ROLLBACK PREPARED 'billing-1'")
            try await preparing.end()
            try await patient.recovered()

            try database.execute(
                """
                CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(8); RETURN NULL; END';
                CREATE TRIGGER pause BEFORE UPDATE ON \(scenario.progress) EXECUTE FUNCTION pause()
                """)
            try await until("a statement of the job runs for long") {
                try patient.waits("state = 'active' AND query_start < clock_timestamp() - interval '3.5 seconds'")
            }
            _ = try await patient.expectFirst("slow_statements")
            try database.execute(
                "CREATE OR REPLACE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
            try await patient.recovered()
            try await scenario.expectHealthy([patient.process], postgres: patient.service)
        }
    }

    @Test("The server's own troubles: the first finding is the true cause, also where the server hangs or is gone")
    func server() async throws {
        try await withPatient { patient in
            let (scenario, database) = (patient.scenario, patient.database)

            try patient.setServer("synchronous_standby_names", "standby_2")
            try await until("a commit waits for the standby") { try patient.waits("wait_event = 'SyncRep'") }
            let standby = try await patient.expectFirst("sync_standby_missing")
            #expect(standby?.seen.contains("SyncRep") == true)
            try patient.setServer("synchronous_standby_names", nil)
            try await patient.recovered()

            try patient.setServer("default_transaction_read_only", "on")
            try await until("the service has noticed it") {
                try await patient.process.get("/healthz/ready").body.contains("read-only")
            }
            _ = try await patient.expectFirst("postgres_read_only")
            try patient.setServer("default_transaction_read_only", nil)
            try await patient.recovered()

            var connections: [PostgresConnection] = []
            while let more = try? PostgresConnection(
                PostgresConfiguration(connectionString: scenario.postgres, applicationName: "pool"))
            {
                connections.append(more)
            }
            _ = try await patient.expectFirst("postgres_out_of_connections")
            for connection in connections { connection.close() }
            connections = []
            try await until("there are connections again") { (try? database.text("SELECT 1")) == "1" }

            let row = try #require(
                try database.text(
                    "SELECT quote_literal(m::text) FROM \"\(scenario.prefix)sluice\".schema_migration AS m WHERE version = 5"
                ))
            try database.execute("DELETE FROM \"\(scenario.prefix)sluice\".schema_migration WHERE version = 5")
            let schema = try await patient.expectFirst("schema_outdated")
            #expect(schema?.seen.contains("5 older_anchors") == true, "\(schema?.seen ?? "")")
            try database.execute(
                """
                INSERT INTO "\(scenario.prefix)sluice".schema_migration
                SELECT (\(row)::"\(scenario.prefix)sluice".schema_migration).*
                """)

            try patient.setServer("archive_command", "/bin/false")
            _ = try database.text("SELECT pg_switch_wal()")
            try await until("archiving has failed") {
                try database.number("SELECT failed_count FROM pg_stat_archiver") ?? 0 > 0
            }
            _ = try await patient.expectFirst("wal_archiving_fails")
            try patient.setServer("archive_command", "/bin/true")

            try await server(patient)
        }
    }

    private func server(_ patient: Patient) async throws {
        let (scenario, database) = (patient.scenario, patient.database)
        let postmaster = try #require(patient.server.process)
        postmaster.signal(SIGSTOP)
        let hung: DoctorAnswer.Finding?
        do {
            hung = try await patient.expectFirst("postgres_down")
        } catch {
            postmaster.signal(SIGCONT)
            throw error
        }
        postmaster.signal(SIGCONT)
        #expect(hung?.title.contains("hangs") == true, "\(hung?.title ?? "")")

        try await patient.server.stop(mode: .immediate)
        try await until("the service has noticed it") { try await patient.process.get("/healthz/ready").status == 503 }
        let down = try await patient.expectFirst("postgres_down")
        #expect(down?.title.contains("down") == true)
        try await startAgain { try await patient.server.start() }
        try await patient.recovered()

        try database.execute("REVOKE UPDATE ON \(scenario.progress) FROM svc")
        #expect(try await patient.process.ends() == .exited(70))
        let rights = try await patient.expectFirst("role_lacks_rights")
        #expect(rights?.commands.contains("GRANT UPDATE") == true, "\(rights?.commands ?? "")")
    }
}
