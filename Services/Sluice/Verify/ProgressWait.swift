import Postgres

/// Waits until a job has applied everything that a truth is about.
struct ProgressWait {
    let configuration: PostgresConfiguration
    let schemas: ResultSchemas
    let job: String
    private var connection: PostgresConnection?

    init(configuration: PostgresConfiguration, schemas: ResultSchemas, job: String) {
        self.configuration = configuration
        self.schemas = schemas
        self.job = job
    }

    /// Waits at most this long. Outages of the database, and tables that are not there yet, are waited through.
    ///
    /// - Returns: nil once every partition has reached its offset; else what is missing.
    mutating func wait(for truth: TruthReader, milliseconds: Int64) throws -> String? {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        var state: String
        while true {
            do {
                guard let behind = try behind(truth) else { return nil }
                state = behind
            } catch let error as PostgresError where error.isTransient || Self.isNotMigrated(error) {
                connection = nil
                state = CommandFailure(error).line
            }
            if Interruption.isRequested { throw CommandFailure(.interrupted, "interrupted while waiting: \(state)") }
            guard ContinuousClock.now < deadline else { return state }
            // The table is asked again after this pause: progress has no notification.
            Interruption.pause(milliseconds: 100)
        }
    }

    /// The first partition that has not come to its end, and how many records are missing in all; nil when none is.
    private mutating func behind(_ truth: TruthReader) throws -> String? {
        if let missing = try behind(truth.partitions.mapValues(\.nextOffset), topic: truth.topic) { return missing }
        guard let topic = truth.adjustments.topic else { return nil }
        return try behind(truth.adjustments.records, topic: topic).map { "adjustments: \($0)" }
    }

    private mutating func behind(_ expected: [Int32: Int64], topic: String) throws -> String? {
        let session = try connection ?? PostgresConnection(configuration)
        connection = session
        let rows = try session.query(
            "SELECT partition, next_offset FROM \(schemas.progress) WHERE job = $1 AND topic = $2",
            [.text(job), .text(topic)])
        var reached: [Int32: Int64] = [:]
        for row in rows {
            reached[Int32(truncatingIfNeeded: try row.int64(0))] = try row.optionalInt64(1) ?? 0
        }
        let behind = expected.filter { $0.value > reached[$0.key] ?? 0 }
        guard let first = behind.keys.min(), let target = behind[first] else { return nil }
        let missing = behind.reduce(Int64(0)) { $0 + $1.value - (reached[$1.key] ?? 0) }
        return "\(missing) records are missing in \(behind.count) partitions; partition \(first) stands at "
            + "\(reached[first] ?? 0) of \(target)"
    }

    private static func isNotMigrated(_ error: PostgresError) -> Bool {
        error.sqlState == "42P01" || error.sqlState == "3F000"
    }
}
