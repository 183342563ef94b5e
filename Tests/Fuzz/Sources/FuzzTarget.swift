/// Something that takes any bytes, and what must hold for all of them.
struct FuzzTarget: Sendable {
    let name: String
    /// Ends the process, by `require`, where a property does not hold. Keeps nothing of the bytes.
    let run: @Sendable (UnsafeRawBufferPointer) -> Void

    /// Set once, before the first execution; libFuzzer has one thread.
    nonisolated(unsafe) static var chosen: FuzzTarget?

    static let all = [
        FuzzTarget(name: "wire", run: fuzzWire),
        FuzzTarget(name: "writer", run: fuzzWriter),
        FuzzTarget(name: "unpacker", run: fuzzUnpacker),
        FuzzTarget(name: "adjustment", run: fuzzAdjustment),
        FuzzTarget(name: "budget", run: fuzzBudget),
        FuzzTarget(name: "pipeline", run: fuzzPipeline),
        FuzzTarget(name: "configuration-file", run: fuzzConfigurationFile),
        FuzzTarget(name: "settings", run: fuzzSettings),
        FuzzTarget(name: "connection-string", run: fuzzConnectionString),
        FuzzTarget(name: "secret-file", run: fuzzSecretFile),
        FuzzTarget(name: "values", run: fuzzValues),
        FuzzTarget(name: "truth-file", run: fuzzTruthFile),
        FuzzTarget(name: "truth", run: fuzzTruth),
        FuzzTarget(name: "rate-file", run: fuzzRateFile),
        FuzzTarget(name: "postgres-text", run: fuzzPostgresText),
        FuzzTarget(name: "json", run: fuzzJSON),
        FuzzTarget(name: "table", run: fuzzTable),
        FuzzTarget(name: "metrics", run: fuzzMetrics),
        FuzzTarget(name: "admin-request", run: fuzzAdminRequest),
        FuzzTarget(name: "server-record", run: fuzzServerRecord),
    ]
}
