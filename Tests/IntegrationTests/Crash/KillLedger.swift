import Foundation
import Synchronization

/// Every kill of this run, what it was, and how long it took from there to the next commit.
enum KillLedger {
    enum Kind: String, CaseIterable {
        case random = "at a random moment"
        case point = "at a named point"
        case again = "again, before a commit"
        case storeDown = "while PostgreSQL was down"
        case logDown = "before the broker's stop, and while it was down"
        case takenOver = "and not started again: taken over"

        /// Started again at once, with its servers up: what the goal is about.
        var hasGoal: Bool { self == .random || self == .point || self == .again }
    }

    /// What happens between the kills.
    enum Incident: String, CaseIterable {
        case store = "PostgreSQL stopped as in a crash, started again"
        case log = "broker stopped in order, started again"
        case zombie = "process stopped, its twin started, woken again"
        case joined = "member joined"
        case left = "member left in order and came back"
    }

    private struct Pages {
        var kills: [Kind: Int] = [:]
        var points: Set<String> = []
        var incidents: [Incident: Int] = [:]
        var killTimes: [Kind: [Double]] = [:]
        var startTimes: [Double] = []
        var incidentTimes: [Incident: [Double]] = [:]
        var states = 0
        var differences = 0
    }
    private static let pages = Mutex(Pages())

    // MARK: Notes

    /// A process was killed.
    static func killed(_ kind: Kind, point: CrashPoint? = nil) {
        pages.withLock { pages in
            pages.kills[kind, default: 0] += 1
            if let point { pages.points.insert(point.name) }
        }
    }

    /// So long after such a kill its successor had committed, in seconds.
    /// - Parameter start: the part of it that the successor itself has lived through.
    static func recovered(_ kind: Kind, after seconds: Double, ofThisSinceStart start: Double? = nil) {
        pages.withLock { pages in
            pages.killTimes[kind, default: []].append(seconds)
            if kind.hasGoal, let start { pages.startTimes.append(start) }
        }
    }

    static func happened(_ incident: Incident, commitAfter seconds: Double? = nil) {
        pages.withLock { pages in
            pages.incidents[incident, default: 0] += 1
            if let seconds { pages.incidentTimes[incident, default: []].append(seconds) }
        }
    }

    /// A visible state was judged.
    static func judged(states: Int = 1, differences: Int) {
        pages.withLock { pages in
            pages.states += states
            pages.differences += differences
        }
    }

    // MARK: Sums

    static var kills: Int { pages.withLock { $0.kills.values.reduce(0, +) } }
    static var differences: Int { pages.withLock { $0.differences } }

    /// Of every kill whose successor was started at once under the same id: the share that is not above this.
    static func recovery(quantile share: Double) -> Double? {
        let times = pages.withLock { pages in
            pages.killTimes.filter { $0.key.hasGoal }.flatMap(\.value)
        }
        return quantile(times.sorted(), share)
    }

    private static func quantile(_ sorted: [Double], _ share: Double) -> Double? {
        guard !sorted.isEmpty else { return nil }
        // The smallest value that is not below this share of them.
        return sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
    }

    /// One line: how far it has come.
    static var progress: String {
        let p99 = recovery(quantile: 0.99).map { String(format: "%.2f s", $0) } ?? "unknown"
        return "\(kills) kills, \(differences) differences, kill to first commit p99 \(p99)"
    }

    /// Everything, for a terminal.
    static var table: String {
        let pages = pages.withLock { $0 }
        let columns = "  timed  least median    p90    p99   most"
        var lines = ["", "kill, then until the next commit (s)".padded(54) + "  kills" + columns]
        for kind in Kind.allCases {
            guard let count = pages.kills[kind] else { continue }
            lines.append(line("SIGKILL " + kind.rawValue, count, pages.killTimes[kind] ?? []))
        }
        let same = pages.killTimes.filter { $0.key.hasGoal }.flatMap(\.value)
        let count = pages.kills.filter { $0.key.hasGoal }.values.reduce(0, +)
        lines.append(line("the same instance started again, in all", count, same))
        // The rest is the system's and the test's: to notice the death and to start a process.
        lines.append(line("    of it since the new process's first line", count, pages.startTimes))
        lines += ["", "between the kills, then until the next commit (s)".padded(54) + "  times" + columns]
        for incident in Incident.allCases {
            guard let count = pages.incidents[incident] else { continue }
            lines.append(line(incident.rawValue, count, pages.incidentTimes[incident] ?? []))
        }
        lines += [
            "",
            "\(pages.points.count) of \(2 * CrashPoint.steps) named points; \(pages.kills.values.reduce(0, +)) kills; "
                + "\(pages.states) visible states judged; \(pages.differences) differences", "",
        ]
        return lines.joined(separator: "\n")
    }

    private static func line(_ name: String, _ count: Int, _ times: [Double]) -> String {
        let sorted = times.sorted()
        var text = name.padded(54) + String(format: " %6d", count)
        guard !sorted.isEmpty else { return text }
        text += String(format: " %6d", sorted.count)
        for share in [0, 0.5, 0.9, 0.99, 1] {
            text += String(format: " %6.2f", quantile(sorted, share) ?? 0)
        }
        return text
    }
}

extension String {
    fileprivate func padded(_ width: Int) -> String {
        padding(toLength: max(width, count), withPad: " ", startingAt: 0)
    }
}
