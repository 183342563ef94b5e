/// Everything that a ``HookDispatcher`` is told.
public struct HookConfiguration: Sendable {
    /// At least one; each is served by itself.
    public var targets: [HookTarget]
    /// At least one; every message is signed with all of them, so that they can be changed without a gap.
    public var secrets: [HookSecret]
    public var timing: HookTiming
    /// PEM file of the authorities that receivers are checked against; nil for the system's.
    public var certificateAuthorityFile: String?

    public init(
        targets: [HookTarget], secrets: [HookSecret], timing: HookTiming = HookTiming(),
        certificateAuthorityFile: String? = nil
    ) {
        self.targets = targets
        self.secrets = secrets
        self.timing = timing
        self.certificateAuthorityFile = certificateAuthorityFile
    }
}
