/// The faults of a run: which ones are in the air at the moment, and how often each has taken effect.
final class FaultField {
    private struct Trouble {
        var until: Int64 = -1
        var oneIn = 1
        var random = SeededGenerator(seed: 0)
    }

    private let time: VirtualTime
    private var troubles: [Trouble]
    private(set) var counts: [Int]
    /// Set once the faults are over.
    var isCalm = false

    init(_ time: VirtualTime) {
        self.time = time
        troubles = Array(repeating: Trouble(), count: FaultKind.allCases.count)
        counts = Array(repeating: 0, count: FaultKind.allCases.count)
    }

    func occurred(_ kind: FaultKind, count: Int = 1) { counts[kind.place] += count }

    /// For so long the kind strikes once in `oneIn` times that it could.
    func begin(_ kind: FaultKind, milliseconds: Int64, oneIn: Int, salt: UInt64) {
        troubles[kind.place] = Trouble(
            until: time.now + milliseconds, oneIn: oneIn, random: SeededGenerator(seed: salt))
    }

    /// Whether the kind is in the air.
    func isOn(_ kind: FaultKind) -> Bool { !isCalm && troubles[kind.place].until >= time.now }

    /// Whether it strikes now; the caller counts it once it takes effect.
    func draws(_ kind: FaultKind) -> Bool {
        let place = kind.place
        guard !isCalm, troubles[place].until >= time.now else { return false }
        return troubles[place].random.oneIn(troubles[place].oneIn)
    }

    /// Whether it strikes now, which it then has.
    func strikes(_ kind: FaultKind) -> Bool {
        guard draws(kind) else { return false }
        occurred(kind)
        return true
    }
}
