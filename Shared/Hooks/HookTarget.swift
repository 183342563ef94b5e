import HTTP

/// One receiver: where its messages go, and which addresses that may be.
public struct HookTarget: Sendable, CustomStringConvertible, CustomReflectable {
    /// With its path, which often is a secret: neither logged nor shown.
    let url: String
    /// What may be shown of it.
    public let location: HTTPLocation
    /// Whether the operator named the host: then private addresses and plain http are wanted.
    let isListed: Bool

    /// - Parameters:
    ///   - url: `https://…`; `http://…` for a host that is listed.
    ///   - allowed: Hosts that may be called. Empty: any, at addresses that are reachable from anywhere.
    /// - Throws: ``HookTargetError``, which does not show the URL.
    public init(url: String, allowed: Set<String>) throws(HookTargetError) {
        do {
            location = try HTTPLocation(parsing: url)
        } catch {
            throw HookTargetError(message: "is no URL: \(error.message)")
        }
        self.url = url
        isListed = allowed.contains(location.host)
        guard allowed.isEmpty || isListed else {
            throw HookTargetError(message: "leads to \(location.host), which is not listed in hooks.allow")
        }
        guard location.scheme == "https" || isListed else {
            throw HookTargetError(
                message: "leads to \(location); only https is called, or a host that hooks.allow lists")
        }
    }

    func allows(_ address: PeerAddress) -> Bool { isListed || address.isGlobal }

    public var description: String { location.description }
    public var customMirror: Mirror { Mirror(self, children: ["location": location]) }
}

/// Why a URL is not called.
public struct HookTargetError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rest of a sentence that begins with which URL it is.
    public var message: String
    public var description: String { message }

    public init(message: String) { self.message = message }
}
