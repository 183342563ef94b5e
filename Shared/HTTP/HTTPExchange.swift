import CCurl
import Glibc

/// What libcurl's callbacks of one request share; they run on the thread that waits in `curl_easy_perform`.
final class HTTPExchange {
    let request: HTTPRequest
    private(set) var headers: [(name: String, value: String)] = []
    private(set) var body: [UInt8] = []
    private(set) var isTooLarge = false
    private(set) var isForbidden = false
    private var headBytes = 0

    init(_ request: HTTPRequest) { self.request = request }

    fileprivate static func of(_ context: UnsafeMutableRawPointer?) -> HTTPExchange? {
        context.map { Unmanaged<HTTPExchange>.fromOpaque($0).takeUnretainedValue() }
    }

    fileprivate func receivedBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasRoom(for: bytes.count) else { return false }
        body.append(contentsOf: bytes)
        return true
    }

    /// A whole line of the head, the first one and the last one, which is empty, included.
    fileprivate func receivedHeader(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard hasRoom(for: bytes.count) else { return false }
        headBytes += bytes.count
        // An answer may come after others that only announce it, such as 100 Continue.
        if bytes.starts(with: "HTTP/".utf8) { headers = [] }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let value = bytes[bytes.index(after: colon)...].drop { $0 == 0x20 || $0 == 0x09 }
        headers.append(
            (
                name: String(decoding: bytes[..<colon], as: UTF8.self).lowercased(),
                value: String(decoding: value.prefix { $0 != 0x0D && $0 != 0x0A }, as: UTF8.self)
            ))
        return true
    }

    private func hasRoom(for count: Int) -> Bool {
        if headBytes + body.count + count > request.maximumResponseBytes { isTooLarge = true }
        return !isTooLarge
    }

    /// Opens the socket to an address, unless the request does not allow it.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        if let allows = request.allows {
            let peer = withUnsafePointer(to: &address.pointee.addr) { PeerAddress($0) }
            guard let peer, allows(peer) else {
                isForbidden = true
                return CURL_SOCKET_BAD
            }
        }
        // Children of this process have no business with it.
        let type = address.pointee.socktype | Int32(SOCK_CLOEXEC.rawValue)
        return socket(address.pointee.family, type, address.pointee.protocol)
    }
}

/// Takes a piece of the answer; fewer bytes than given end the transfer.
func receivedBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let exchange = HTTPExchange.of(context) else { return 0 }
    return exchange.receivedBody(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

func receivedHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let exchange = HTTPExchange.of(context) else { return 0 }
    return exchange.receivedHeader(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
}

func openSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let address, let exchange = HTTPExchange.of(context) else { return CURL_SOCKET_BAD }
    return exchange.openSocket(address)
}

/// Anything but 0 ends the transfer.
func progressed(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    HTTPExchange.of(context)?.request.isAbandoned?() == true ? 1 : 0
}
