import Glibc

/// Who runs the command, as far as the operating system says it: the account and the host, nothing more.
enum Operator {
    static var current: String {
        var host = [CChar](repeating: 0, count: 256)
        let name = gethostname(&host, 255) == 0 ? text(host) : "unknown"
        return "\(account)@\(name)"
    }

    private static var account: String {
        // sudo names who asked for it.
        if geteuid() == 0, let asked = Environment.value("SUDO_USER") { return asked }
        guard let entry = getpwuid(geteuid()), let name = entry.pointee.pw_name else { return "uid \(geteuid())" }
        return String(cString: name)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
