import FlyingSocks
import Glibc
import Synchronization

/// The listening socket of an endpoint, closed once and at the latest with its owner.
final class Listener: Sendable {
    let socket: Socket
    let port: UInt16
    private let isOpen = Mutex(true)

    init(_ settings: EndpointServer.Settings) throws {
        let place = "\(settings.address):\(settings.port)"
        let (what, tokenOption) = (settings.what, settings.tokenOption)
        guard settings.token != nil || Self.isLoopback(settings.address) else {
            throw RuntimeError(
                .adminToken,
                "the \(what) may listen on \(place) only with a token: name a file that holds one with "
                    + "\(tokenOption), or listen on 127.0.0.1",
                context: ["address": settings.address])
        }
        func failure(_ reason: String) -> RuntimeError {
            RuntimeError(
                .adminAddress, "the \(what) cannot listen on \(place): \(reason)",
                context: ["address": settings.address, "port": "\(settings.port)"])
        }
        do {
            let isIPv6 = settings.address.contains(":")
            socket = try Socket(domain: isIPv6 ? AF_INET6 : AF_INET)
            do {
                // A socket that a child process inherited would keep the port.
                _ = fcntl(socket.file.rawValue, F_SETFD, FD_CLOEXEC)
                try socket.setValue(true, for: .localAddressReuse)
                if isIPv6 {
                    try socket.bind(to: sockaddr_in6.inet6(ip6: settings.address, port: settings.port))
                } else {
                    try socket.bind(to: sockaddr_in.inet(ip4: settings.address, port: settings.port))
                }
                try socket.listen()
                port =
                    switch try socket.sockname() {
                    case .ip4(_, let port), .ip6(_, let port): port
                    case .unix: 0
                    }
            } catch {
                try? socket.close()
                throw error
            }
        } catch let error as SocketError {
            throw failure(Self.text(error))
        }
    }

    deinit { close() }

    func close() {
        isOpen.withLock { isOpen in
            if isOpen { try? socket.close() }
            isOpen = false
        }
    }

    static func isLoopback(_ address: String) -> Bool {
        var ip4 = in_addr()
        if inet_pton(AF_INET, address, &ip4) == 1 { return UInt32(bigEndian: ip4.s_addr) >> 24 == 127 }
        return address == "::1"
    }

    private static func text(_ error: SocketError) -> String {
        switch error {
        case .failed(_, let number, _): String(cString: strerror(number))
        case .unsupportedAddress: "not an IPv4 or IPv6 address in numbers"
        default: "\(error)"
        }
    }
}
