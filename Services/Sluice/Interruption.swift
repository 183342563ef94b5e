import Glibc
import Synchronization

/// Whether the operator has asked the command to stop (Ctrl-C, or SIGTERM), for loops that must end cleanly.
///
/// The first signal is only noted; a second one ends the process as if nothing had been installed.
enum Interruption {
    private static let requested = Atomic<Bool>(false)

    /// Whether a signal has arrived since `install()`.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Starts to note signals instead of ending the process.
    static func install() {
        // Touched here first: a signal handler must not be the one that initialises it.
        requested.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { _ in Interruption.note() }
            action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND)) | SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    private static func note() { requested.store(true, ordering: .relaxed) }

    /// Waits for a short while, or until a signal arrives.
    static func pause(milliseconds: Int64) {
        var time = timespec(tv_sec: Int(milliseconds / 1000), tv_nsec: Int(milliseconds % 1000) * 1_000_000)
        nanosleep(&time, nil)
    }
}
