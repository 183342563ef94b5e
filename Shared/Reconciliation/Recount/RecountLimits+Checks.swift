extension RecountSettings {
    /// Beyond any event time: so that no sum or difference of times overflows.
    static let longestMilliseconds: Int64 = 1 << 52

    func check() throws {
        let times = 0...Self.longestMilliseconds
        guard times.contains(horizonMilliseconds), times.contains(outOfOrdernessMilliseconds) else {
            throw RecountError(
                .usage,
                "the horizon (\(horizonMilliseconds) ms) and the out-of-orderness (\(outOfOrdernessMilliseconds) ms) must "
                    + "be from 0 to \(Self.longestMilliseconds)")
        }
        guard let lookBackMilliseconds else { return }
        guard lookBackMilliseconds >= horizonMilliseconds, times.contains(lookBackMilliseconds) else {
            throw RecountError(
                .usage,
                "the look-back (\(lookBackMilliseconds) ms) must be at least the horizon (\(horizonMilliseconds) ms) and at "
                    + "most \(Self.longestMilliseconds)")
        }
    }
}

extension RecountLimits {
    func check() throws {
        guard blockRecords > 0, blockRecords <= 1 << 24, rowsInMemory > 0, rowsInMemory <= 1 << 30, lettersInMemory > 0,
            idBytes ?? 1 > 0, adjustments > 0
        else {
            throw RecountError(
                .usage,
                "a recount's limits must be above 0, blockRecords at most 2^24 and rowsInMemory at most 2^30: \(self)")
        }
    }

    func checkIDs(_ bytes: Int64) throws {
        guard let idBytes, bytes > idBytes else { return }
        throw RecountError(
            .limit,
            "the ids of this recount take \(bytes) bytes on disk, and the limit idBytes is \(idBytes); raise it, or set a "
                + "look-back, beyond which ids are forgotten")
    }
}
