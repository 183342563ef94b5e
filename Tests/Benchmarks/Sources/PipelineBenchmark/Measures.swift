import Glibc

/// What the kernel and the allocation counter say of this process.
enum Measures {
    /// CPU time of the calling thread, in seconds.
    static func threadSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
    }

    /// Resident memory in bytes: now, and at its highest.
    static func residentBytes() -> (now: Int, peak: Int) {
        guard let file = fopen("/proc/self/status", "r") else { return (0, 0) }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 256)
        var result = (now: 0, peak: 0)
        while fgets(&buffer, Int32(buffer.count), file) != nil {
            let line = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            let kibibytes = Int(line.filter(\.isNumber)) ?? 0
            if line.hasPrefix("VmRSS:") { result.now = kibibytes << 10 }
            if line.hasPrefix("VmHWM:") { result.peak = kibibytes << 10 }
        }
        return result
    }

    /// Allocations of the calling thread so far; nil unless the counter is preloaded.
    static let threadAllocations: (@convention(c) () -> UInt64)? = {
        guard let symbol = dlsym(nil, "sluice_thread_allocations") else { return nil }
        return unsafeBitCast(symbol, to: (@convention(c) () -> UInt64).self)
    }()
}

/// The middle of several measurements, and how far they spread.
struct Spread: CustomStringConvertible {
    let minimum: Double
    let median: Double
    let maximum: Double

    init(_ values: [Double]) {
        let sorted = values.sorted()
        minimum = sorted.first ?? 0
        median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        maximum = sorted.last ?? 0
    }

    var description: String { "\(minimum.text(3)) / \(median.text(3)) / \(maximum.text(3))" }
}

extension Double {
    /// With so many digits behind the point.
    func text(_ digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let scaled = (self * scale).rounded()
        let whole = Int64(scaled / scale)
        guard digits > 0 else { return "\(whole)" }
        let rest = "\(Int64(scaled) - whole * Int64(scale))"
        return "\(whole).\(String(repeating: "0", count: digits - rest.count))\(rest)"
    }
}
