import Glibc
public import Hooks

/// What a `check` command says of the receivers of alerts.
public enum HookCheck {
    private struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    /// Prints a line for each receiver; none where there are none and no test is asked for.
    /// - Parameters:
    ///   - service: As the service's alerts name it.
    ///   - sendsTest: Whether to send a test alert to each; otherwise nothing is called.
    /// - Returns: whether all is well.
    public static func attempt(_ hooks: HookConfiguration?, service: String, sendsTest: Bool) -> Bool {
        guard let hooks else {
            return !sendsTest
                || ServiceFailure.attempt("hooks") {
                    throw Problem(description: "there is nobody to send a test alert to: hooks.url is not given")
                }
        }
        var works = true
        for target in hooks.targets {
            let isWell = ServiceFailure.attempt("hooks") {
                if let file = hooks.certificateAuthorityFile, access(file, R_OK) != 0 {
                    throw Problem(
                        description: "hooks.ca-file \(file) cannot be read: \(String(cString: strerror(errno)))")
                }
                guard sendsTest else { return "\(target) would be told, signed by \(secrets(hooks))" }
                let sender = HookSender(target, hooks)
                let timeout = hooks.timing.timeoutMilliseconds
                if let reason = sender.sendTest(service: service, timeoutMilliseconds: timeout) {
                    throw Problem(description: "\(target) did not take the test alert: \(reason)")
                }
                return "\(target) took the test alert, signed by \(secrets(hooks))"
            }
            works = isWell && works
        }
        return works
    }

    private static func secrets(_ hooks: HookConfiguration) -> String {
        hooks.secrets.count == 1 ? "one secret" : "\(hooks.secrets.count) secrets"
    }
}
