import Glibc

/// What the kernel says about this process, under the names that every Prometheus client uses.
public enum ProcessMetrics {
    /// Registers `process_cpu_seconds_total`, `process_resident_memory_bytes`, `process_open_fds`, `process_max_fds`,
    /// `process_threads` and `process_start_time_seconds`.
    public static func register(in registry: OpenMetricsRegistry) {
        registry.callbackCounter(
            "process_cpu_seconds", help: "Processor time spent, user and system.", cpuSeconds)
        registry.callbackGauge("process_resident_memory_bytes", help: "Resident memory.", residentBytes)
        registry.callbackGauge("process_open_fds", help: "Open file descriptors.", openDescriptors)
        registry.callbackGauge("process_max_fds", help: "The limit of open file descriptors.", maximumDescriptors)
        registry.callbackGauge("process_threads", help: "Threads of the process.") { statField(20) }
        let started = startTimeSeconds()
        registry.callbackGauge("process_start_time_seconds", help: "Unix time of the start.") { started }
    }

    @Sendable static func cpuSeconds() -> Double? {
        var time = timespec()
        guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    @Sendable static func residentBytes() -> Double? {
        guard let text = contents("/proc/self/statm") else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    @Sendable static func openDescriptors() -> Double? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Without `.`, `..` and the descriptor of the folder itself.
        return Double(max(0, count - 3))
    }

    @Sendable static func maximumDescriptors() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    /// Start of the process: ticks since boot (proc(5), field 22 of stat) on top of the time of boot.
    static func startTimeSeconds() -> Double? {
        guard let ticks = statField(22), let kernel = contents("/proc/stat") else { return nil }
        let line = kernel.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard let line, let boot = Double(line.dropFirst(6)) else { return nil }
        return boot + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// A field of /proc/self/stat by its number in proc(5), from 3 on. The second field, the command's name, is in
    /// brackets and may hold blanks and brackets of its own, so fields are counted from the last closing one.
    private static func statField(_ number: Int) -> Double? {
        guard let text = contents("/proc/self/stat"), let bracket = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard number >= 3, fields.count > number - 3 else { return nil }
        return Double(fields[number - 3])
    }

    private static func contents(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4_096)
        while bytes.count < 1 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
