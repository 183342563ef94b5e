import Foundation
import Glibc

/// A lock that one process of this machine holds at a time (flock(2)); it goes with the process, however that ends.
struct FolderLock: Sendable {
    private let descriptor: Int32

    /// Blocks until the lock of this file, which is made if it is missing, is free. Throws `locked` after `timeout`.
    init(_ path: String, timeout: Duration) throws {
        var held: Int32 = -1
        let isHeld = try blockUntil(timeout: timeout, interval: .milliseconds(50)) {
            // The holder before may have removed the file: then the lock of a file without a name is no lock.
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
            guard descriptor >= 0 else {
                throw LocalServersError(
                    .fileSystem, "cannot open the lock \(path)", context: String(cString: strerror(errno)))
            }
            if flock(descriptor, LOCK_EX | LOCK_NB) == 0, Self.isFile(descriptor, at: path) {
                held = descriptor
                return true
            }
            close(descriptor)
            return false
        }
        guard isHeld else {
            throw LocalServersError(.locked, "another process holds \(path) for longer than \(timeout)")
        }
        descriptor = held
    }

    /// Gives the lock back; once only.
    func release() {
        close(descriptor)
    }

    private static func isFile(_ descriptor: Int32, at path: String) -> Bool {
        var own = stat()
        var named = stat()
        return fstat(descriptor, &own) == 0 && stat(path, &named) == 0 && own.st_ino == named.st_ino
            && own.st_dev == named.st_dev
    }
}
