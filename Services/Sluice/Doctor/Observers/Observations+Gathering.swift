import Connectors
import Glibc
import Kafka

extension Observations {
    /// Between the two looks at what should move.
    private static let betweenLooks = Duration.seconds(1)

    /// Asks everything at the same time, and what depends on the answers after them.
    static func gather(_ scope: DoctorScope) async -> Observations {
        let start = ContinuousClock.now
        var seen = Observations(at: Instant.now.milliseconds, job: scope.job)
        seen.schemaPrefix = scope.names.prefix
        seen.servicesAreNamed = scope.servicesAreNamed
        async let probes = ServiceProbe.ask(scope.services, token: scope.adminToken)
        async let first = firstLook(scope)
        async let known = topics(scope)
        seen.services = await probes
        (seen.database, seen.results) = await first
        let topicsKnown = await known
        seen.localProcesses = localProcesses(seen)
        let passed = start.duration(to: .now)
        if passed < betweenLooks { try? await Task.sleep(for: betweenLooks - passed) }
        let before = seen
        async let second = secondLook(scope, before)
        async let log = log(scope, topicsKnown, before)
        if let (progress, sessions) = await second {
            seen.laterProgress = progress
            seen.laterSessions = sessions
            let between = start.duration(to: .now).milliseconds
            seen.secondsBetween = max(0.5, Double(between) / 1_000)
        }
        seen.log = await log
        return seen
    }

    private static func firstLook(_ scope: DoctorScope) async -> (Look<DatabaseState>, Look<ResultsState>) {
        let why = "PostgreSQL is not named (--postgres)"
        guard let postgres = scope.postgres else { return (.skipped(why), .skipped(why)) }
        let look = await Asking.within(scope.patience, "PostgreSQL") {
            let observer = try DatabaseObserver(postgres, names: scope.names, job: scope.job)
            defer { observer.close() }
            let state = try observer.state()
            guard state.hasTables else {
                return (state, Look<ResultsState>.skipped("there are no tables of a job in this database"))
            }
            do {
                return (state, .seen(try observer.results()))
            } catch {
                return (state, .failed(LookFailure(error)))
            }
        }
        switch look {
        case .seen(let (state, results)): return (.seen(state), results)
        case .failed(let failure): return (.failed(failure), .skipped("PostgreSQL could not be asked"))
        case .skipped(let why): return (.skipped(why), .skipped(why))
        }
    }

    private static func secondLook(
        _ scope: DoctorScope, _ seen: Observations
    ) async -> ([ProgressSight], [SessionState])? {
        guard let postgres = scope.postgres, seen.results.value != nil else { return nil }
        return await Asking.within(scope.patience, "PostgreSQL") {
            let observer = try DatabaseObserver(postgres, names: scope.names, job: scope.job)
            defer { observer.close() }
            return (try observer.progress(), try observer.sessions())
        }.value
    }

    private static func topics(_ scope: DoctorScope) async -> Look<[String: LogState.Topic]> {
        guard let kafka = scope.kafka else { return .skipped("Kafka is not named (--kafka-brokers)") }
        return await Asking.within(scope.patience, "Kafka") { try KafkaObserver.topics(kafka) }
    }

    private static func log(
        _ scope: DoctorScope, _ known: Look<[String: LogState.Topic]>, _ seen: Observations
    ) async -> Look<LogState> {
        let topics: [String: LogState.Topic]
        switch known {
        case .seen(let value): topics = value
        case .failed(let failure): return .failed(failure)
        case .skipped(let why): return .skipped(why)
        }
        guard let kafka = scope.kafka else { return .skipped("Kafka is not named (--kafka-brokers)") }
        var wanted = Set(scope.topics).union((seen.results.value?.progress ?? []).map(\.topic))
        // The topic of signals is made by the relay when the first one is to be published.
        wanted.formUnion(seen.topicsByUse.filter { $0.use != "signals" || topics[$0.topic] != nil }.map(\.topic))
        let group = scope.group ?? seen.aggregators.compactMap { $0.setting("kafka.group") }.first ?? scope.job
        let names = wanted.sorted()
        return await Asking.within(scope.patience, "Kafka") {
            try KafkaObserver.look(kafka, known: topics, wanted: names, group: group)
        }
    }

    /// The owners of partitions, where their processes may be of this machine.
    private static func localProcesses(_ seen: Observations) -> [Int32: Character?] {
        guard seen.services.contains(where: \.isLocal) else { return [:] }
        var states: [Int32: Character?] = [:]
        for row in seen.results.value?.progress ?? [] {
            guard let pid = row.ownerParts.pid, states[pid] == nil else { continue }
            states[pid] = .some(processState(pid))
        }
        return states
    }

    /// The third field of `/proc/PID/stat`, behind the name in brackets.
    private static func processState(_ pid: Int32) -> Character? {
        guard let file = fopen("/proc/\(pid)/stat", "re") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = fread(&bytes, 1, bytes.count, file)
        let text = String(decoding: bytes[..<count], as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        return text[end...].dropFirst(2).first
    }
}
