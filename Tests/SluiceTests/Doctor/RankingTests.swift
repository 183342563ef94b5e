import Testing

@testable import Sluice

/// What explains what: the order of findings, without a server.
struct RankingTests {
    private func finding(_ cause: String, _ likelihood: Double) -> Diagnosis.Finding {
        Diagnosis.Finding(cause: cause, title: "title of \(cause)", likelihood: likelihood, evidence: [], nextSteps: [])
    }

    @Test("A system that is well has no finding")
    func healthy() {
        let diagnosis = Doctor.diagnose(DoctorCase.healthy())
        #expect(diagnosis.findings.isEmpty, "\(diagnosis.findings)")
        #expect(diagnosis.notExamined.isEmpty)
        #expect(diagnosis.healthy.contains { $0.contains("4 partitions are applied up to the log's end") })
        #expect(DoctorCommand.exitCode(diagnosis) == nil)
    }

    @Test("A consequence goes behind its cause, however likely it is by itself, and the cause says that it explains it")
    func consequences() {
        let ranked = Ranking.ranked([
            finding("figures_differ", 0.9), finding("configuration_differs", 0.65), finding("other", 0.5),
        ])
        #expect(ranked.map(\.cause) == ["configuration_differs", "other", "figures_differ"])
        #expect(ranked[0].evidence == ["it explains: title of figures_differ"])
        #expect(ranked[2].likelihood < 0.2)
    }

    @Test("What is itself hardly likely explains nothing")
    func weakCauses() {
        let ranked = Ranking.ranked([finding("lock_blocked", 0.3), finding("not_ready", 0.4)])
        #expect(ranked.map(\.cause) == ["not_ready", "lock_blocked"])
    }

    @Test("No cause explains itself, directly or through others")
    func withoutCircles() {
        func reaches(_ from: String, _ goal: String, _ seen: Set<String> = []) -> Bool {
            (Ranking.explains[from] ?? []).contains { next in
                next == goal || (!seen.contains(next) && reaches(next, goal, seen.union([next])))
            }
        }
        for cause in Ranking.explains.keys { #expect(!reaches(cause, cause), "\(cause)") }
    }

    @Test("Equals stay in the order in which they were found")
    func equals() {
        #expect(Ranking.ranked([finding("b", 0.5), finding("a", 0.5)]).map(\.cause) == ["b", "a"])
    }

    @Test("An objective that is missed is explained by what is wrong; where nothing is, it is the finding itself")
    func objectives() {
        var seen = DoctorCase.healthy()
        var objective = ServedObjective(
            name: "freshness", title: "Event to committed row", unit: "seconds", value: 40, atMost: 15, target: 0.9995,
            window: "30d", policy: "burn", burn: [:], state: "page", since: 1, cause: nil)
        seen.services[0].objectives = .answered([objective])
        #expect(seen.causes == ["objective_missed"])
        seen.database = .failed(DoctorCase.unreachable("Connection refused"))
        #expect(seen.causes == ["postgres_down", "objective_missed"])
        // Its budget still burns, and it is kept again: nothing is wrong any more.
        seen = DoctorCase.healthy()
        objective.value = 1
        seen.services[0].objectives = .answered([objective])
        #expect(seen.causes.isEmpty)
    }

    // MARK: Several things at once

    @Test(
        "PostgreSQL is down: the service that is not ready, the missing relay and the standstill are its consequences")
    func databaseDown() {
        var seen = DoctorCase.healthy()
        seen.services = [
            DoctorCase.probe(
                "a", reasons: [.init(component: "postgres", reason: "connectionFailed: Connection refused")],
                settings: ["signals.topic": "budget-signals"])
        ]
        seen.database = .failed(DoctorCase.unreachable("Connection refused"))
        seen.results = .skipped("PostgreSQL could not be asked")
        seen.laterProgress = []
        let findings = Doctor.diagnose(seen).findings
        #expect(findings.map(\.cause) == ["postgres_down", "no_relay", "not_ready"])
        #expect(findings[0].evidence.contains { $0.hasPrefix("it explains: ") })
    }

    @Test("A chain of waiting ends at the session that waits for nobody, whoever stands in between")
    func chain() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase {
            $0.sessions = [
                DoctorCase.session(11, "spend-aggregator/a", blockedBy: [12]),
                DoctorCase.session(12, "psql", blockedBy: [13]),
                DoctorCase.session(
                    13, "report-tool", state: "idle in transaction", age: 90_000, holds: ["sluice.progress"]),
            ]
        }
        let findings = Doctor.diagnose(seen).findings
        #expect(findings.map(\.cause) == ["idle_in_transaction"])
        #expect(findings[0].nextSteps[0].command?.contains("pg_terminate_backend(13)") == true)
    }

    @Test("A wait of a few milliseconds between processes of the job is no finding, nor is a deadlock without an end")
    func shortWaits() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase {
            $0.sessions = [
                DoctorCase.session(11, "spend-aggregator/a", blockedBy: [12], age: 20),
                DoctorCase.session(12, "spend-aggregator/b"),
                DoctorCase.session(21, "spend-aggregator/c", blockedBy: [22]),
                DoctorCase.session(22, "spend-aggregator/d", blockedBy: [21]),
            ]
        }
        #expect(seen.causes.isEmpty)
    }

    @Test("Commits that wait for a standby hold locks: the standby is the cause, not who waits for it")
    func standbyBeforeLocks() {
        var seen = DoctorCase.healthy()
        seen.changeDatabase {
            $0.synchronousStandbys = "s2"
            $0.sessions = [
                DoctorCase.session(11, "spend-aggregator/a", blockedBy: [12]),
                DoctorCase.session(12, "spend-aggregator/b", age: 9_000, wait: ("IPC", "SyncRep")),
            ]
        }
        #expect(seen.causes == ["sync_standby_missing", "lock_blocked"])
    }

    @Test("A hung process that holds up another one by its open transaction is the cause")
    func hungHolder() {
        var seen = DoctorCase.healthy()
        seen.services.append(DoctorCase.silent("b", "Operation timed out after 3001 milliseconds"))
        seen.changeDatabase {
            $0.sessions = [
                DoctorCase.session(11, "spend-aggregator/a", blockedBy: [12]),
                DoctorCase.session(12, "spend-aggregator/b", state: "idle in transaction"),
            ]
        }
        #expect(seen.causes.first == "process_hung")
    }

    @Test("The topic is gone: what the partitions and the service say follows from it")
    func topicGone() {
        var seen = DoctorCase.healthy()
        seen.services = [
            DoctorCase.probe("a", reasons: [.init(component: "ad-events/1", reason: "source_error: no such topic")])
        ]
        seen.changeLog { log in
            log = LogState()
            log.missing = ["ad-events"]
        }
        #expect(seen.causes.first == "topic_missing")
        #expect(Set(seen.causes.dropFirst()) == ["source_error", "not_ready"])
    }
}
