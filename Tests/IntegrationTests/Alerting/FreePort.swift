import Glibc
import Testing

/// Ports of 127.0.0.1 for programs that must be told theirs before they start, and have it again after a restart.
///
/// Below those that the system gives to connections: one that is let go for a moment is not a client's the next.
enum FreePort {
    private static let range = 15_000..<32_000

    /// Listens on one.
    static func listen() throws -> (descriptor: Int32, port: Int) {
        for _ in 0..<200 {
            let port = Int.random(in: range)
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            // A program that was just ended leaves connections behind that still hold its port.
            var reuse: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &reuse, socklen_t(MemoryLayout<Int32>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(port).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let isListening = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, length) == 0 && Glibc.listen(descriptor, 16) == 0
                }
            }
            if isListening { return (descriptor, port) }
            close(descriptor)
        }
        return try #require(nil, "no port of \(range) to listen on")
    }

    /// Some that were free a moment ago, all different.
    static func some(_ count: Int) throws -> [Int] {
        let taken = try (0..<count).map { _ in try listen() }
        for (descriptor, _) in taken { close(descriptor) }
        return taken.map(\.port)
    }
}
