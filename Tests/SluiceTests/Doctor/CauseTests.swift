import Kafka
import Streams
import Testing

@testable import Sluice

/// Causes that are hard to bring about, and what must not be taken for one.
struct CauseTests {
    @Test("A role of full rights, a reader's, and one that has lost a right")
    func rights() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase { $0.missingRights = [] }
        #expect(seen.causes.isEmpty)
        seen.changeDatabase { $0.missingRights = nil }
        #expect(seen.causes.isEmpty)
        seen.changeDatabase { $0.missingRights = ["UPDATE on \"sluice\".\"progress\""] }
        let finding = Doctor.diagnose(seen).findings.first
        #expect(finding?.cause == "role_lacks_rights")
        #expect(
            finding?.nextSteps.first?.command
                == "psql \"$SLUICE_POSTGRES\" -c \"GRANT UPDATE on \\\"sluice\\\".\\\"progress\\\" TO \\\"op\\\"\"")
    }

    @Test("Connections: full for everybody, full for whoever is no superuser, and room")
    func connections() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase { $0.connections = 90 }
        #expect(seen.causes.isEmpty)
        seen.changeDatabase { $0.connections = 97 }
        #expect(seen.causes == ["postgres_out_of_connections"])
        seen.database = .failed(LookFailure(kind: .full, message: "sorry, too many clients already"))
        #expect(seen.causes == ["postgres_out_of_connections"])
    }

    @Test("A standby that follows synchronously is well")
    func standby() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase {
            $0.synchronousStandbys = "s2"
            $0.standbys = [StandbyState(name: "s2", state: "streaming", syncState: "sync")]
        }
        #expect(seen.causes.isEmpty)
    }

    @Test("A disk that is full, as the service hears it")
    func diskFull() {
        var seen = DoctorCase.healthy()
        seen.services = [
            DoctorCase.probe(
                "a", reasons: [.init(component: "postgres", reason: "could not extend file: No space left on device")])
        ]
        #expect(seen.causes == ["postgres_disk_full", "not_ready"])
    }

    @Test("A service without an answer from Kafka, which answers here")
    func kafkaSilent() {
        var seen = DoctorCase.healthy()
        seen.services = [
            DoctorCase.probe("a", reasons: [.init(component: "kafka", reason: "describing: Local: Timed out")])
        ]
        #expect(seen.causes == ["service_cannot_reach_kafka", "not_ready"])
        #expect(Doctor.diagnose(seen).findings.first?.evidence.first?.contains("Timed out") == true)
    }

    @Test("Retention near what was not read: only where records wait and some were removed")
    func retention() {
        var seen = DoctorCase.healthy()
        seen.changeLog { $0.ends["ad-events"]?[2] = DoctorCase.ends(200_000, from: 990) }
        #expect(seen.causes.contains("retention_near"))
        seen.changeLog { $0.ends["ad-events"]?[2] = DoctorCase.ends(200_000) }
        #expect(!seen.causes.contains("retention_near"))
        seen.changeLog { $0.ends["ad-events"]?[2] = DoctorCase.ends(1_000, from: 990) }
        #expect(seen.causes.isEmpty)
    }

    @Test(
        "Behind and catching up is well, with the time that is left; behind for long is not, and says which partition")
    func backlog() {
        var seen = DoctorCase.healthy()
        seen.changeLog {
            for partition in 0..<4 { $0.ends["ad-events"]?[Int64(partition)] = DoctorCase.ends(1_026_000) }
        }
        seen.laterProgress = (0..<4).map { DoctorCase.progress($0, next: 26_000) }
        let diagnosis = Doctor.diagnose(seen)
        #expect(diagnosis.findings.isEmpty, "\(diagnosis.findings)")
        #expect(
            diagnosis.healthy.contains("catching up: 4000000 records wait, about 40.0 s at 100000 a second"),
            "\(diagnosis.healthy)")
        seen.changeLog {
            $0.ends["ad-events"] = [
                0: DoctorCase.ends(90_000_000), 1: DoctorCase.ends(1_000), 2: DoctorCase.ends(1_000),
                3: DoctorCase.ends(1_000),
            ]
        }
        seen.laterProgress = [DoctorCase.progress(0, next: 2_000)] + (1..<4).map { DoctorCase.progress($0) }
        #expect(seen.causes == ["hot_partition", "backlog"])
    }

    @Test("Nothing moves and nobody says why: the symptom is named")
    func noProgress() {
        var seen = DoctorCase.healthy()
        seen.changeLog { $0.ends["ad-events"]?[0] = DoctorCase.ends(1_005) }
        seen.laterProgress = (0..<4).map { DoctorCase.progress($0, age: 60_000) }
        #expect(seen.causes == ["no_progress"])
        seen.laterProgress = (0..<4).map { DoctorCase.progress($0, age: 2_000) }
        #expect(seen.causes.isEmpty)
    }

    @Test("A group: partitions that nobody has, one that does not settle, and a broker that tells no assignments")
    func group() {
        var seen = DoctorCase.healthy()
        func member(_ partitions: [String: [Int32]]) -> KafkaGroup.Member {
            KafkaGroup.Member(
                clientID: "c", instanceID: "a", host: "h", partitions: partitions.mapValues { $0.map { .init($0) } })
        }
        seen.changeLog { $0.group = KafkaGroup(state: "Stable", members: [member(["ad-events": [0, 1, 2, 3]])]) }
        #expect(seen.causes.isEmpty)
        seen.changeLog { $0.group = KafkaGroup(state: "Stable", members: [member([:])]) }
        #expect(seen.causes.isEmpty)
        seen.changeLog { $0.group = KafkaGroup(state: "Stable", members: [member(["ad-events": [0, 1]])]) }
        #expect(seen.causes == ["partition_unowned"])
        seen.changeLog { $0.group = KafkaGroup(state: "PreparingRebalance", members: [member([:])]) }
        #expect(seen.causes == ["group_rebalancing"])
    }

    @Test("Certificates: far from their end, near it, and past it")
    func certificates() {
        func seen(_ days: Int64) -> [String: Double] {
            var seen = DoctorCase.healthy()
            let end = DoctorCase.now / 1_000 + days * 86_400
            seen.services = [
                DoctorCase.probe("a", metrics: "sluice_certificate_not_after_timestamp_seconds{use=\"kafka\"} \(end)\n")
            ]
            return Dictionary(uniqueKeysWithValues: Doctor.diagnose(seen).findings.map { ($0.cause, $0.likelihood) })
        }
        #expect(seen(30).isEmpty)
        #expect(seen(3) == ["certificate_expiring": 0.5])
        #expect(seen(-1) == ["certificate_expiring": 0.95])
    }

    @Test("Services at the usual addresses that nobody named: silence means nothing, unless the traces are cold")
    func unnamedServices() {
        var seen = DoctorCase.healthy()
        seen.servicesAreNamed = false
        seen.services.append(DoctorCase.silent("archiver", "Failed to connect to 127.0.0.1 port 9465"))
        #expect(seen.causes.isEmpty)
        seen.services = [DoctorCase.silent("spend-aggregator", "Failed to connect to 127.0.0.1 port 9464")]
        seen.changeLog { $0.group = KafkaGroup(state: "Empty", members: []) }
        #expect(seen.causes == ["process_down"])
    }

    @Test("A hidden metric, a missing token, a role that sees nothing: gaps, and then it does not say healthy")
    func gaps() {
        var seen = DoctorCase.healthy()
        seen.services.append(DoctorCase.silent("b", "it asks for the admin token (--admin-token-file)"))
        seen.changeDatabase { $0.mayRead = false }
        let diagnosis = Doctor.diagnose(seen)
        #expect(diagnosis.findings.isEmpty, "\(diagnosis.findings)")
        #expect(diagnosis.notExamined.count == 2)
        #expect(DoctorCommand.exitCode(diagnosis) == .notCompared)
        #expect(
            DiagnosisText.of(diagnosis).hasSuffix("nothing wrong was found, but not everything could be looked at\n"))
    }

    @Test("Nothing named: nothing is claimed")
    func nothingNamed() {
        var seen = Observations(at: 0, job: "j")
        seen.servicesAreNamed = false
        let diagnosis = Doctor.diagnose(seen)
        #expect(diagnosis.findings.isEmpty)
        #expect(DoctorCommand.exitCode(diagnosis) == .dependency)
        #expect(DiagnosisText.of(diagnosis).hasSuffix("nothing could be looked at\n"))
    }

    @Test(
        "Statements keep their first words and lose every value",
        arguments: [
            ("UPDATE \"sluice\".progress SET owner = 'Jane Doe'", "UPDATE \"sluice\".progress SET owner"),
            ("SELECT * FROM t WHERE mail = 'a@b.c'", "SELECT"),
            ("COPY spend.minute FROM STDIN", "COPY spend.minute FROM STDIN"),
            ("select 4711", "select"), ("INSERT INTO t VALUES ('x')", "INSERT INTO t VALUES"),
            ("/* Jane */ SELECT", ""),
            ("EXECUTE checkpoint_begin('Jane')", "EXECUTE"), ("", ""), ("SELECT $$Jane$$", "SELECT"),
            ("one two three four five six seven", "one two three four five six"),
        ])
    func words(_ sql: String, _ shown: String) { #expect(StatementWords.of(sql) == shown) }

    @Test("Text of elsewhere cannot move the cursor of the terminal")
    func terminal() {
        var seen = DoctorCase.healthy()
        seen.services = [DoctorCase.probe("a", reasons: [.init(component: "x", reason: "evil \u{1B}[31m")])]
        #expect(!DiagnosisText.of(Doctor.diagnose(seen)).contains("\u{1B}"))
    }

    @Test("Commands are made to be pasted: names from elsewhere mean nothing to a shell")
    func pasting() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase {
            $0.sessions = [DoctorCase.session(11, "spend-aggregator/a", blockedBy: [0])]
            $0.prepared = [PreparedState(name: "x'$(reboot)`\"", owner: "o", ageMilliseconds: 1)]
        }
        let finding = Doctor.diagnose(seen).findings.first
        #expect(finding?.cause == "prepared_transaction")
        #expect(
            finding?.nextSteps.first?.command
                == "psql \"$SLUICE_POSTGRES\" -c \"ROLLBACK PREPARED 'x''\\$(reboot)\\`\\\"'\"")
        func told(_ message: String) -> String? {
            var seen = DoctorCase.healthy()
            seen.services = [
                DoctorCase.probe("a", reasons: [.init(component: "ad-events/1", reason: "log_truncated: \(message)")])
            ]
            return Doctor.diagnose(seen).findings.first?.nextSteps.first?.command
        }
        #expect(
            told(
                "cut: sluice progress set --topic t --partition 1 --accept-truncation-at 5 (or --new-log-from 0) --reason ..."
            )
                == "sluice progress set --topic t --partition 1 --accept-truncation-at 5 --reason ...")
        #expect(told("cut: sluice progress set; reboot")?.contains("reboot") != true)
    }

    @Test(
        "A service behind a wrong certificate or of another kind is a gap; one that is refused, or whose host is not known, is down"
    )
    func services() {
        func seen(_ why: String) -> Observations {
            var seen = DoctorCase.healthy()
            seen.services.append(DoctorCase.silent("b", why))
            return seen
        }
        #expect(seen("Failed to connect to 10.0.0.1 port 9464: Connection refused").causes == ["process_down"])
        #expect(seen("Could not resolve host: b").causes == ["process_down"])
        #expect(seen("Operation timed out after 3001 milliseconds with 0 bytes received").causes == ["process_hung"])
        #expect(seen("SSL certificate problem: self signed certificate").causes.isEmpty)
        #expect(seen("SSL certificate problem: self signed certificate").gaps.count == 1)
    }
}
