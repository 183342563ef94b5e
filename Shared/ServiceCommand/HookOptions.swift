public import ArgumentParser

/// Where a service sends its alerts itself, on its command line. A nil means: not given here.
public struct HookOptions: ParsableArguments {
    @Option(help: "URL of one receiver of alerts or more, separated by commas; without it none are sent.")
    public var hooksUrl: String?
    @Option(help: "File with the secret that messages are signed with, whsec_…; several while one is changed.")
    public var hooksSecretFile: String?
    @Option(help: "Hosts that may be called, separated by commas, also at private addresses and without TLS.")
    public var hooksAllow: String?
    @Option(help: "PEM file of the authorities that receivers are checked against.") public var hooksCaFile: String?
    @Option(help: "How long alerts that fire together are collected (5s).") public var hooksGroupWait: String?
    @Option(help: "The least time between two messages about alerts that change (1m).")
    public var hooksGroupInterval: String?
    @Option(help: "When a message is said again while its alerts still fire (4h).")
    public var hooksRepeatInterval: String?
    @Option(help: "How long one message is tried (1h).") public var hooksGiveUp: String?
    @Option(help: "How long one attempt may take (5s).") public var hooksTimeout: String?

    public init() {}

    /// By configuration key.
    public var flags: [String: String?] {
        [
            "hooks.url": hooksUrl, "hooks.secret-file": hooksSecretFile, "hooks.allow": hooksAllow,
            "hooks.ca-file": hooksCaFile, "hooks.group-wait": hooksGroupWait,
            "hooks.group-interval": hooksGroupInterval, "hooks.repeat-interval": hooksRepeatInterval,
            "hooks.give-up": hooksGiveUp, "hooks.timeout": hooksTimeout,
        ]
    }
}
