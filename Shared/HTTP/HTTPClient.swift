import CCurl
import Glibc

/// Requests over HTTP/1.1 or 2, one at a time: for webhooks and for asking the services' admin endpoints. Blocks the calling
/// thread, so async code calls it from a thread of its own.
///
/// Redirects are not followed, proxies of the environment are not used, other protocols are refused, certificates are checked
/// against the system's authorities. libcurl underneath (this module is its only importer).
public enum HTTPClient {
    /// Loaded once a process; libcurl's own initialisation is not safe between threads.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Throws: ``HTTPError`` where there is no answer; an answer with any status is returned.
    public static func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        guard isReady, let handle = curl_easy_init() else { throw HTTPError(.unreachable, "libcurl cannot be used") }
        defer { curl_easy_cleanup(handle) }
        let lines = try headerLines(request)
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines { list = curl_slist_append(list, line) }
        defer { curl_slist_free_all(list) }

        let exchange = Exchange(request)
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        configure(handle, request, context)
        sluice_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = withExtendedLifetime(exchange) {
            errorText.withUnsafeMutableBufferPointer { text in
                (request.body ?? []).withUnsafeBufferPointer { body in
                    sluice_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, text.baseAddress)
                    if request.body != nil {
                        sluice_curl_set_long(handle, CURLOPT_POST, 1)
                        sluice_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
                        sluice_curl_set_pointer(
                            handle, CURLOPT_POSTFIELDS,
                            UnsafeMutableRawPointer(mutating: UnsafeRawPointer(body.baseAddress)))
                    }
                    return curl_easy_perform(handle)
                }
            }
        }
        guard code == CURLE_OK else {
            let own = String(decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw error(code, own.isEmpty ? String(cString: curl_easy_strerror(code)) : own, exchange)
        }
        var status = 0
        sluice_curl_status(handle, &status)
        return HTTPResponse(status: status, body: exchange.body)
    }

    private static func headerLines(_ request: HTTPRequest) throws(HTTPError) -> [String] {
        // libcurl waits for "100 Continue" with larger bodies, for a second where the server knows nothing of it.
        var lines = request.body == nil ? [] : ["Expect:"]
        for (name, value) in request.headers {
            guard !(name + value).utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw HTTPError(
                    .badRequest, "the header \(name.prefix(40).filter { $0 >= " " }) holds a control character")
            }
            lines.append("\(name): \(value)")
        }
        return lines
    }

    private static func configure(
        _ handle: UnsafeMutableRawPointer, _ request: HTTPRequest, _ context: UnsafeMutableRawPointer
    ) {
        sluice_curl_set_text(handle, CURLOPT_URL, request.url)
        sluice_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        sluice_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        sluice_curl_set_text(handle, CURLOPT_PROXY, "")
        sluice_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        sluice_curl_set_long(handle, CURLOPT_TIMEOUT_MS, request.timeoutMilliseconds)
        sluice_curl_set_write(handle, received)
        sluice_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        sluice_curl_set_open_socket(handle, opened)
        sluice_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, context)
    }

    private static func error(_ code: CURLcode, _ message: String, _ exchange: Exchange) -> HTTPError {
        if exchange.isForbidden {
            return HTTPError(.forbiddenAddress, "the host's address is not one that may be called")
        }
        if exchange.isTooLarge {
            return HTTPError(.tooLarge, "the answer is longer than \(exchange.maximumBytes) bytes")
        }
        return switch code {
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: HTTPError(.badRequest, message)
        case CURLE_OPERATION_TIMEDOUT: HTTPError(.timeout, message)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
            HTTPError(.tls, message)
        default: HTTPError(.unreachable, message)
        }
    }
}

/// What the callbacks of one request share; they run on the thread that waits in `curl_easy_perform`.
private final class Exchange {
    let maximumBytes: Int
    let allows: (@Sendable (PeerAddress) -> Bool)?
    var body: [UInt8] = []
    var isTooLarge = false
    var isForbidden = false

    init(_ request: HTTPRequest) {
        maximumBytes = request.maximumResponseBytes
        allows = request.allows
    }
}

/// Takes a piece of the answer; fewer bytes than given end the transfer.
private func received(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    let length = size * count
    guard exchange.body.count + length <= exchange.maximumBytes else {
        exchange.isTooLarge = true
        return 0
    }
    exchange.body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: length))
    return length
}

/// Opens the socket to an address, unless the request does not allow it.
private func opened(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let context, let address else { return CURL_SOCKET_BAD }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    if let allows = exchange.allows {
        let peer = withUnsafePointer(to: &address.pointee.addr) { PeerAddress($0) }
        guard let peer, allows(peer) else {
            exchange.isForbidden = true
            return CURL_SOCKET_BAD
        }
    }
    return socket(address.pointee.family, address.pointee.socktype, address.pointee.protocol)
}
