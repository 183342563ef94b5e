/// Finds a short script that still fails: leaves out faults (delta debugging: Zeller and Hildebrandt, "Simplifying and
/// isolating failure-inducing input", IEEE TSE 2002), then makes the world smaller.
public struct ScriptShrinker {
    private let fails: (SimulationScript) -> Bool
    /// Runs that may be made; a failure that takes long to reach is worth fewer of them.
    private var runsLeft: Int
    public private(set) var runs = 0

    /// - Parameter fails: whether a script still shows what is looked for. The rule that is broken should be the same.
    public init(limit: Int = 2_000, fails: @escaping (SimulationScript) -> Bool) {
        self.fails = fails
        runsLeft = limit
    }

    private mutating func stillFails(_ script: SimulationScript) -> Bool {
        guard runsLeft > 0 else { return false }
        runsLeft -= 1
        runs += 1
        return fails(script)
    }

    /// The shortest script that was found; the given one where nothing can be left out.
    public mutating func shrink(_ script: SimulationScript) -> SimulationScript {
        var best = script
        // Fewer faults may let the world be smaller, and a smaller world may need fewer faults.
        for _ in 0..<3 {
            let before = best
            best = withFewerFaults(best)
            best = smaller(best)
            if best == before { break }
        }
        return best
    }

    private mutating func withFewerFaults(_ script: SimulationScript) -> SimulationScript {
        var best = script
        var pieces = 2
        while !best.faults.isEmpty {
            let size = max(1, (best.faults.count + pieces - 1) / pieces)
            var start = 0
            var shortened = false
            while start < best.faults.count {
                var candidate = best
                candidate.faults.removeSubrange(start..<min(start + size, best.faults.count))
                if stillFails(candidate) {
                    best = candidate
                    shortened = true
                } else {
                    start += size
                }
            }
            if size == 1 && !shortened { break }
            pieces = shortened ? max(2, pieces - 1) : min(best.faults.count, pieces * 2)
            if pieces == 0 { break }
        }
        return best
    }

    private mutating func smaller(_ script: SimulationScript) -> SimulationScript {
        var best = script
        for parameter in [SimulationScript.Parameter.members, .partitions, .records, .duration] {
            let least: Int64 = parameter == .duration ? 1_000 : 1
            var step = (best[parameter] - least + 1) / 2
            while step > 0 {
                var candidate = best
                candidate[parameter] = max(least, best[parameter] - step)
                if parameter == .duration, let last = candidate.faults.last {
                    candidate[.duration] = max(candidate[.duration], last.moment + 1)
                }
                if candidate != best, stillFails(candidate) { best = candidate } else { step /= 2 }
            }
        }
        return best
    }
}
