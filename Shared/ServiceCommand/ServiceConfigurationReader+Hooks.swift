public import Hooks
public import Runtime

extension ServiceConfigurationReader {
    /// Where the service's alerts go, under the same keys everywhere; nil where `hooks.url` is not given.
    public func hooks() throws -> HookConfiguration? {
        let allowed = try hookHosts()
        let targets = try optionalHidden(
            "hooks.url", shown: { (targets: [HookTarget]) in targets.map { "\($0)/…" }.joined(separator: ",") },
            { try Self.hookTargets($0, allowed) })
        let secrets = try hookSecrets(isNeeded: targets != nil)
        let authorities = try optionalString("hooks.ca-file")
        let timing = try hookTiming()
        guard let targets else { return nil }
        return HookConfiguration(
            targets: targets, secrets: secrets, timing: timing, certificateAuthorityFile: authorities)
    }

    private func hookHosts() throws -> Set<String> {
        guard let text = try optionalString("hooks.allow") else { return [] }
        return Set(
            try Self.words(text).map { host in
                let bare = host.first == "[" && host.last == "]" ? String(host.dropFirst().dropLast()) : host
                let isHost = bare.unicodeScalars.allSatisfy { scalar in
                    scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
                        || ".-_:".unicodeScalars.contains(scalar)
                }
                // One colon stands before a port, more of them are in an IPv6 address.
                let isName = bare.filter { $0 == ":" }.count != 1
                guard !bare.isEmpty, isHost, isName else {
                    throw RuntimeError(
                        .configurationInvalid,
                        "hooks.allow lists \"\(host.prefix(100))\"; expected names or addresses of hosts, without scheme, "
                            + "port and path, separated by commas", context: ["key": "hooks.allow"])
                }
                return bare.lowercased()
            })
    }

    private static func hookTargets(_ text: String, _ allowed: Set<String>) throws -> [HookTarget] {
        let urls = words(text)
        guard (1...16).contains(urls.count) else {
            throw HookTargetError(message: "expected 1 to 16 URLs, separated by commas")
        }
        return try urls.enumerated().map { index, url in
            do {
                return try HookTarget(url: url, allowed: allowed)
            } catch {
                throw HookTargetError(message: "the URL number \(index + 1) \(error)")
            }
        }
    }

    private func hookSecrets(isNeeded: Bool) throws -> [HookSecret] {
        guard let secret = isNeeded ? try requiredSecret("hooks.secret") : try secret("hooks.secret") else { return [] }
        guard let secrets = secret.withValue({ HookSecret.all(in: $0) }) else {
            throw RuntimeError(
                .secretFile,
                "the file of hooks.secret-file must hold whsec_ followed by the base64 of 24 to 64 bytes, once or, while a "
                    + "secret is changed, several times with line ends between them; `echo whsec_$(openssl rand -base64 32)` makes one",
                context: ["key": "hooks.secret-file"])
        }
        return secrets
    }

    private func hookTiming() throws -> HookTiming {
        var timing = HookTiming()
        let day: Int64 = 86_400_000
        timing.groupWaitMilliseconds = try milliseconds(
            "hooks.group-wait", in: 0...600_000, default: timing.groupWaitMilliseconds)
        timing.groupIntervalMilliseconds = try milliseconds(
            "hooks.group-interval", in: 100...day, default: timing.groupIntervalMilliseconds)
        timing.repeatIntervalMilliseconds = try milliseconds(
            "hooks.repeat-interval", in: 1_000...(30 * day), default: timing.repeatIntervalMilliseconds)
        timing.giveUpMilliseconds = try milliseconds(
            "hooks.give-up", in: 1_000...(7 * day), default: timing.giveUpMilliseconds)
        timing.timeoutMilliseconds = try milliseconds(
            "hooks.timeout", in: 100...60_000, default: timing.timeoutMilliseconds)
        return timing
    }

    private static func words(_ text: String) -> [String] {
        text.split(separator: ",").map { word in
            String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }.filter { !$0.isEmpty }
    }
}
