import Glibc

/// The right to write to a topic's archive, which one process of this machine has at a time (flock(2)). It goes with the
/// process, however that ends.
public final class ArchiveLock {
    private let descriptor: Int32
    static let fileName = ".lock"

    /// - Throws: `locked` where another process has it.
    init(topicFolder: String, topic: String) throws(ArchiveError) {
        let path = "\(topicFolder)/\(Self.fileName)"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure.now("open the lock", path) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else {
                errno = code
                throw FileFailure.now("lock", path)
            }
            throw ArchiveError(
                .locked,
                "another process writes to this topic's archive; two would disturb each other: stop the other one, or give "
                    + "this one a folder of its own", path: path, topic: topic)
        }
    }

    deinit { close(descriptor) }
}
