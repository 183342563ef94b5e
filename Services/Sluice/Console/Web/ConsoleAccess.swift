import Glibc
import Runtime

/// Who may look: the Host header against pages of other sites that have a name lead here (DNS rebinding), and the token.
struct ConsoleAccess: Sendable {
    /// The address that is listened on.
    var address: String
    /// The one that was asked for.
    var port: UInt16
    var token: Secret?
    /// What the cookie holds: made anew by each process, so that the token itself is kept nowhere in a browser.
    private let session: Secret

    init(address: String, port: UInt16, token: Secret?) {
        self.address = address
        self.port = port
        self.token = token
        session = Secret(Self.randomText())
    }

    /// Cookies know no ports: two consoles of a host would sign each other out.
    var cookieName: String { "sluice_console_\(port)" }

    /// Whether the name in the Host header is one of this server. Beyond loopback any is: there the token protects, which a
    /// page of another site does not have.
    func isOwnHost(_ hosts: [String]) -> Bool {
        guard hosts.count == 1 else { return false }
        guard Self.isLoopback(address) else { return true }
        var name = hosts[0].lowercased()
        if let colon = name.lastIndex(of: ":"),
            name[name.index(after: colon)...].allSatisfy({ $0.isASCII && $0.isNumber }),
            !name.hasPrefix("[") || name[..<colon].hasSuffix("]")
        {
            name = String(name[..<colon])
        }
        return ["localhost", "127.0.0.1", "[::1]", address.contains(":") ? "[\(address)]" : address].contains(name)
    }

    /// Whether the request shows the token or the cookie that was given for it.
    func isAllowed(_ request: EndpointRequest) -> Bool {
        guard let token else { return true }
        if let bearer = request.bearerToken { return token.equals(bearer) }
        return request.cookie(cookieName).contains { session.equals($0) }
    }

    /// The header that gives the cookie; nil for a token that is wrong.
    func cookie(for candidate: String) -> String? {
        guard let token, token.equals(candidate) else { return nil }
        return session.withValue { "\(cookieName)=\($0); Path=/; HttpOnly; SameSite=Strict; Max-Age=43200" }
    }

    /// 256 random bits in hexadecimal.
    static func randomText() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    static func isLoopback(_ address: String) -> Bool {
        var ip4 = in_addr()
        if inet_pton(AF_INET, address, &ip4) == 1 { return UInt32(bigEndian: ip4.s_addr) >> 24 == 127 }
        return address == "::1"
    }
}
