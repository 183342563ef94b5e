import HTTP

/// One attempt over HTTP, signed at its own time. Blocks the calling thread.
public struct HookSender: Sendable {
    private let target: HookTarget
    private let secrets: [HookSecret]
    private let certificateAuthorityFile: String?

    public init(_ target: HookTarget, _ configuration: HookConfiguration) {
        self.target = target
        secrets = configuration.secrets
        certificateAuthorityFile = configuration.certificateAuthorityFile
    }

    /// - Parameters:
    ///   - unix: Now, in Unix milliseconds.
    ///   - isAbandoned: Asked about once a second: true ends the attempt.
    func send(
        _ message: HookMessage, unix: Int64, timeoutMilliseconds: Int64,
        isAbandoned: (@Sendable () -> Bool)? = nil
    ) -> HookOutcome {
        let timestamp = unix / 1_000
        let signatures = secrets.map { $0.signature(id: message.id, timestamp: timestamp, body: message.body) }
        var request = HTTPRequest(url: target.url, body: message.body)
        request.headers = [
            ("content-type", "application/json"), ("user-agent", "sluice"), ("webhook-id", message.id),
            ("webhook-timestamp", String(timestamp)), ("webhook-signature", signatures.joined(separator: " ")),
        ]
        request.timeoutMilliseconds = Int(clamping: timeoutMilliseconds)
        request.maximumResponseBytes = 64 << 10
        request.certificateAuthorityFile = certificateAuthorityFile
        request.allows = { [target] in target.allows($0) }
        request.isAbandoned = isAbandoned
        do {
            return Self.outcome(try HTTPClient.send(request), unix: unix)
        } catch {
            // The same bytes would be refused again; all else may be mended at the other end.
            let reason = "\(error.code.rawValue): \(error.message)"
            return error.code == .badRequest ? .refused(reason: reason) : .failed(reason: reason)
        }
    }

    private static func outcome(_ response: HTTPResponse, unix: Int64) -> HookOutcome {
        switch response.status {
        case 200..<300: return .delivered
        case 300..<400: return .refused(reason: "status \(response.status): redirects are not followed")
        case 408, 429, 500...:
            let wish = response.header("retry-after").flatMap { RetryAfter.milliseconds($0, unix: unix) }
            return .failed(reason: "status \(response.status)", retryAfterMilliseconds: wish)
        default: return .refused(reason: "status \(response.status)")
        }
    }
}
