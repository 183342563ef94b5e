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
            // The descriptor is closed by `deinit`, which runs here as well, since all of the object is there. Closing it a
            // second time would close whatever another thread has opened in between.
            guard errno == EWOULDBLOCK else { throw FileFailure.now("lock", path) }
            throw ArchiveError(
                .locked,
                "another process writes to this topic's archive; two would disturb each other: stop the other one, or give "
                    + "this one a folder of its own", path: path, topic: topic)
        }
    }

    deinit { close(descriptor) }
}
