import CCurl

/// What of a URL may be shown and decided by: where it leads, without user information, path and query, which often hold
/// secrets. Taken apart by libcurl itself, so that no other reading of the same text can be checked than the one that is
/// used.
public struct HTTPLocation: Sendable, Equatable, CustomStringConvertible {
    /// `http` or `https`.
    public var scheme: String
    /// In small letters; an IPv6 address without brackets.
    public var host: String
    public var port: Int

    /// `https://example.org`, with the port where it is not the scheme's own.
    public var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (scheme == "https" ? 443 : 80) ? "\(scheme)://\(name)" : "\(scheme)://\(name):\(port)"
    }

    /// - Throws: ``HTTPError`` `badRequest` for anything but a complete http or https URL.
    public init(parsing url: String) throws(HTTPError) {
        // libcurl would take the text up to a NUL, and has its own ideas about the others.
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw HTTPError(.badRequest, "the URL holds a blank or a control character")
        }
        // libcurl takes `http:///path` for the host `path`, which nobody means.
        guard let authority = url.firstRange(of: "://"), !url[authority.upperBound...].hasPrefix("/") else {
            throw HTTPError(.badRequest, "not a URL such as https://example.org/path")
        }
        guard let handle = curl_url() else { throw HTTPError(.unreachable, "libcurl cannot be used") }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK else {
            throw HTTPError(.badRequest, "not a URL such as https://example.org/path")
        }
        guard let scheme = Self.part(CURLUPART_SCHEME, of: handle)?.lowercased(), scheme == "http" || scheme == "https",
            var host = Self.part(CURLUPART_HOST, of: handle)?.lowercased(), !host.isEmpty,
            let port = Self.part(CURLUPART_PORT, of: handle).flatMap(Int.init)
        else { throw HTTPError(.badRequest, "neither an http nor an https URL with a host") }
        if host.first == "[" { host = String(host.dropFirst().dropLast()) }
        self.scheme = scheme
        self.host = host
        self.port = port
    }

    private static func part(_ part: CURLUPart, of handle: OpaquePointer) -> String? {
        var text: UnsafeMutablePointer<CChar>?
        guard curl_url_get(handle, part, &text, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let text else { return nil }
        defer { curl_free(text) }
        return String(cString: text)
    }
}
