import CCurl
import Glibc

/// Requests over HTTP/1.1 or 2, one at a time: for webhooks and for asking the services' admin endpoints. Blocks the calling
/// thread, so async code calls it from a thread of its own.
///
/// Redirects are not followed, proxies of the environment are not used, other protocols are refused, certificates are checked.
/// libcurl underneath (this module is its only importer).
public enum HTTPClient {
    /// Loaded once a process; libcurl's own initialisation is not safe between threads.
    private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Throws: ``HTTPError`` where there is no answer; an answer with any status is returned.
    public static func send(_ request: HTTPRequest) throws(HTTPError) -> HTTPResponse {
        _ = try HTTPLocation(parsing: request.url)
        guard isReady, let handle = curl_easy_init() else { throw HTTPError(.unreachable, "libcurl cannot be used") }
        defer { curl_easy_cleanup(handle) }
        let list = try headerList(request)
        defer { curl_slist_free_all(list) }

        let exchange = HTTPExchange(request)
        configure(handle, request, exchange)
        sluice_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
        var errorText = [CChar](repeating: 0, count: Int(CURL_ERROR_SIZE))
        let code = withExtendedLifetime(exchange) {
            errorText.withUnsafeMutableBufferPointer { text in
                sluice_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, text.baseAddress)
                return perform(handle, request.body)
            }
        }
        guard code == CURLE_OK else {
            let own = String(decoding: errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw error(code, own.isEmpty ? String(cString: curl_easy_strerror(code)) : own, exchange)
        }
        var status = 0
        sluice_curl_status(handle, &status)
        return HTTPResponse(status: status, headers: exchange.headers, body: exchange.body)
    }

    private static func perform(_ handle: UnsafeMutableRawPointer, _ body: [UInt8]?) -> CURLcode {
        guard let body else { return curl_easy_perform(handle) }
        // One byte more than is sent: without a pointer libcurl would ask a callback, or standard input, for an empty body.
        return (body + [0]).withUnsafeBufferPointer { bytes in
            sluice_curl_set_long(handle, CURLOPT_POST, 1)
            sluice_curl_set_long(handle, CURLOPT_POSTFIELDSIZE, body.count)
            sluice_curl_set_pointer(
                handle, CURLOPT_POSTFIELDS, UnsafeMutableRawPointer(mutating: UnsafeRawPointer(bytes.baseAddress)))
            return curl_easy_perform(handle)
        }
    }

    private static func headerList(_ request: HTTPRequest) throws(HTTPError) -> UnsafeMutablePointer<curl_slist>? {
        // libcurl waits for "100 Continue" with larger bodies, for a second where the server knows nothing of it.
        var lines = request.body == nil ? [] : ["Expect:"]
        for (name, value) in request.headers {
            guard !value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else {
                throw HTTPError(.badRequest, "the header \(shown(name)) holds a control character")
            }
            guard !name.isEmpty, name.utf8.allSatisfy(isTokenByte) else {
                throw HTTPError(.badRequest, "\(shown(name)) is no name of a header")
            }
            // A colon without a value would take the header away.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                curl_slist_free_all(list)
                throw HTTPError(.unreachable, "no memory for the headers")
            }
            list = longer
        }
        return list
    }

    /// RFC 9110, section 5.6.2.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }

    private static func shown(_ name: String) -> String {
        "\"" + String(String.UnicodeScalarView(name.unicodeScalars.filter { $0 >= " " }.prefix(40))) + "\""
    }

    private static func configure(
        _ handle: UnsafeMutableRawPointer, _ request: HTTPRequest, _ exchange: HTTPExchange
    ) {
        let context = Unmanaged.passUnretained(exchange).toOpaque()
        sluice_curl_set_text(handle, CURLOPT_URL, request.url)
        sluice_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        sluice_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0)
        sluice_curl_set_text(handle, CURLOPT_PROXY, "")
        sluice_curl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        sluice_curl_set_long(handle, CURLOPT_TIMEOUT_MS, max(1, request.timeoutMilliseconds))
        // Otherwise the clean-up waits for a look-up that hangs, however short the timeout is.
        sluice_curl_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        if let file = request.certificateAuthorityFile { sluice_curl_set_text(handle, CURLOPT_CAINFO, file) }
        sluice_curl_set_write(handle, receivedBody)
        sluice_curl_set_pointer(handle, CURLOPT_WRITEDATA, context)
        sluice_curl_set_header(handle, receivedHeader)
        sluice_curl_set_pointer(handle, CURLOPT_HEADERDATA, context)
        sluice_curl_set_open_socket(handle, openSocket)
        sluice_curl_set_pointer(handle, CURLOPT_OPENSOCKETDATA, context)
        if request.isAbandoned != nil {
            sluice_curl_set_progress(handle, progressed)
            sluice_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context)
            sluice_curl_set_long(handle, CURLOPT_NOPROGRESS, 0)
        }
    }

    private static func error(_ code: CURLcode, _ message: String, _ exchange: HTTPExchange) -> HTTPError {
        if exchange.isForbidden {
            return HTTPError(.forbiddenAddress, "the host's address is not one that may be called")
        }
        if exchange.isTooLarge {
            return HTTPError(.tooLarge, "the answer is longer than \(exchange.request.maximumResponseBytes) bytes")
        }
        return switch code {
        case CURLE_URL_MALFORMAT: HTTPError(.badRequest, message)
        case CURLE_OPERATION_TIMEDOUT: HTTPError(.timeout, message)
        case CURLE_ABORTED_BY_CALLBACK: HTTPError(.timeout, "no answer was wanted any more")
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            HTTPError(.tls, message)
        default: HTTPError(.unreachable, message)
        }
    }
}
