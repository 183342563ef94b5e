import Foundation
import Glibc

/// What the kernel says of a process: CPU time and memory, as proc(5) has them.
struct ProcessTimes {
    /// CPU-seconds of all its threads, those that ended included.
    var seconds = 0.0
    /// CPU-seconds by the names of the threads that run now; threads of one name together.
    var byThread: [String: Double] = [:]
    var residentPeakMebibytes = 0

    private static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    /// - Parameter pid: a process that runs; all is 0 for one that does not.
    init(pid: Int32) {
        let folder = "/proc/\(pid)"
        seconds = Self.times("\(folder)/stat")?.own ?? 0
        for thread in (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/task")) ?? [] {
            guard let name = Self.text("\(folder)/task/\(thread)/comm"),
                let times = Self.times("\(folder)/task/\(thread)/stat")
            else { continue }
            byThread[name.trimmingCharacters(in: .newlines), default: 0] += times.own
        }
        for line in (Self.text("\(folder)/status") ?? "").split(separator: "\n") where line.hasPrefix("VmHWM:") {
            residentPeakMebibytes = (Int(line.filter(\.isNumber)) ?? 0) >> 10
        }
    }

    /// CPU-seconds of a process, its children and what its ended children had used: a PostgreSQL server as a whole.
    static func ofFamily(pid: Int32) -> Double {
        guard let own = times("/proc/\(pid)/stat") else { return 0 }
        var sum = own.own + own.children
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
            guard let child = Int32(name), let times = times("/proc/\(child)/stat"), times.parent == pid else {
                continue
            }
            sum += times.own
        }
        return sum
    }

    private static func times(_ path: String) -> (own: Double, children: Double, parent: Int32)? {
        // The name in parentheses may hold blanks: the fields are counted behind it.
        guard let text = text(path), let end = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 14 else { return nil }
        func seconds(_ field: Int) -> Double { (Double(fields[field]) ?? 0) / ticksPerSecond }
        return (seconds(11) + seconds(12), seconds(13) + seconds(14), Int32(fields[1]) ?? 0)
    }

    private static func text(_ path: String) -> String? {
        guard let data = FileManager.default.contents(atPath: path) else { return nil }
        return String(decoding: data, as: UTF8.self)
    }
}
