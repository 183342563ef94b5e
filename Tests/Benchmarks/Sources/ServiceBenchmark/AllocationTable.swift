import Foundation

/// The counters of a process that the allocation counter was preloaded into; see allocation_counter.h.
struct AllocationTable {
    let path: String

    /// Allocations so far by thread id.
    func read() -> [Int32: UInt64] {
        guard let data = FileManager.default.contents(atPath: path) else { return [:] }
        var counts: [Int32: UInt64] = [:]
        data.withUnsafeBytes { bytes in
            for slot in 0..<(bytes.count / 32) {
                let thread = bytes.loadUnaligned(fromByteOffset: slot * 32, as: Int64.self)
                guard thread != 0 else { continue }
                counts[Int32(thread)] = bytes.loadUnaligned(fromByteOffset: slot * 32 + 8, as: UInt64.self)
            }
        }
        return counts
    }

    /// Allocations so far of a process's threads that run now, by name.
    func byName(pid: Int32) -> [String: UInt64] {
        var result: [String: UInt64] = [:]
        for (thread, count) in read() {
            guard let name = FileManager.default.contents(atPath: "/proc/\(pid)/task/\(thread)/comm") else { continue }
            result[String(decoding: name, as: UTF8.self).trimmingCharacters(in: .newlines), default: 0] += count
        }
        return result
    }
}
