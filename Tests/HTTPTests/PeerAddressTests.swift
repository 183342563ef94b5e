import Glibc
import Testing

@testable import HTTP

@Suite struct PeerAddressTests {
    @Test(arguments: [
        "1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
        "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
        "198.17.255.255", "198.20.0.0", "223.255.255.255", "168.63.129.15", "2606:4700::1111", "2a00::1", "3ffe::1",
        "2001:200::1", "64:ff9b::101:101", "::ffff:1.1.1.1",
    ])
    func global(text: String) throws {
        #expect(try address(text).isGlobal)
    }

    @Test(arguments: [
        "0.0.0.0", "0.1.2.3", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.100.100.200", "100.127.255.255",
        "127.0.0.1", "127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.192",
        "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.7",
        "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
        "::", "::1", "::7f00:1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "2001::1",
        "2002:7f00:1::", "3fff::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
    ])
    func notGlobal(text: String) throws {
        #expect(try !address(text).isGlobal)
    }

    @Test func neitherFourNorSixteenBytes() { #expect(!PeerAddress(bytes: [1, 1, 1]).isGlobal) }

    @Test(arguments: [
        ("https://Example.ORG/path?x=1#y", "https", "example.org", 443, "https://example.org"),
        ("http://u:p@example.org:8080/", "http", "example.org", 8_080, "http://example.org:8080"),
        ("http://[::1]:81", "http", "::1", 81, "http://[::1]:81"),
        ("http://127.1/", "http", "127.0.0.1", 80, "http://127.0.0.1"),
        ("https://example.org@evil.example/", "https", "evil.example", 443, "https://evil.example"),
    ])
    func whereAURLLeads(url: String, scheme: String, host: String, port: Int, shown: String) throws {
        let location = try HTTPLocation(parsing: url)
        #expect(location.scheme == scheme)
        #expect(location.host == host)
        #expect(location.port == port)
        #expect(location.description == shown)
    }

    private func address(_ text: String) throws -> PeerAddress {
        var bytes = [UInt8](repeating: 0, count: text.contains(":") ? 16 : 4)
        try #require(inet_pton(text.contains(":") ? AF_INET6 : AF_INET, text, &bytes) == 1)
        return PeerAddress(bytes: bytes)
    }
}
