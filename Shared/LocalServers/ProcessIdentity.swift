import Foundation
import Glibc

/// One process, told apart from every other that had or will have its number.
///
/// The number of a process is given again after it ended. The time when the process was started, in ticks since the
/// machine's boot, and the id of that boot tell whether a number that was written down still means the same process
/// (proc(5), field 22 of `/proc/PID/stat`).
public struct ProcessIdentity: Codable, Hashable, Sendable {
    /// The number of the process.
    public let pid: Int32
    /// When it was started, in clock ticks since boot.
    public let startTicks: UInt64
    /// The boot that these ticks count from.
    public let bootID: String

    /// Reads the identity of the process that has this number now; nil when there is none.
    public init?(pid: Int32) {
        guard let stat = ProcessStat(pid: pid) else { return nil }
        self.pid = pid
        startTicks = stat.startTicks
        bootID = Self.currentBootID
    }

    /// Whether this very process still runs. A zombie does not.
    public var isAlive: Bool {
        guard bootID == Self.currentBootID, let stat = ProcessStat(pid: pid) else { return false }
        return stat.startTicks == startTicks && !stat.hasEnded
    }

    /// Sends a signal if this very process still runs; says whether it was sent.
    @discardableResult
    public func signal(_ signal: Int32) -> Bool {
        isAlive && Glibc.kill(pid, signal) == 0
    }

    /// Blocks until the process has ended; false when the time was over first.
    func waitUntilEnded(timeout: Duration) -> Bool {
        blockUntil(timeout: timeout) { !isAlive }
    }

    /// The processes whose parent this is.
    public func children() -> [ProcessIdentity] {
        let entries = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return entries.compactMap { Int32($0) }.compactMap { candidate in
            guard let stat = ProcessStat(pid: candidate), stat.parent == pid else { return nil }
            return ProcessIdentity(pid: candidate)
        }
    }

    private static let currentBootID: String = {
        let text = try? String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
        return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    }()
}

/// The fields of `/proc/PID/stat` that are needed here.
struct ProcessStat {
    let state: Character
    let parent: Int32
    let startTicks: UInt64

    /// Whether the process has ended and waits only to be collected.
    var hasEnded: Bool { state == "Z" || state == "X" }

    init?(pid: Int32) {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat"), !data.isEmpty else { return nil }
        // The program's name stands in parentheses and may hold anything: the fields begin after the last one.
        let text = String(decoding: data, as: UTF8.self)
        guard let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let state = fields[0].first, let parent = Int32(fields[1]),
            let startTicks = UInt64(fields[19])
        else { return nil }
        self.state = state
        self.parent = parent
        self.startTicks = startTicks
    }
}
