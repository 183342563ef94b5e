import CMimalloc
import Glibc

/// Which allocator answers malloc in this process. librdkafka allocates its messages on one thread and frees them on
/// another, where glibc's malloc contends: a service is meant to run on mimalloc.
public struct Allocator: Sendable, CustomStringConvertible {
    /// What the library calls itself: 209 is 2.0.9.
    public let mimallocVersion: Int32
    /// True when memory from plain malloc lies in mimalloc's heap: linked, and first in the search order.
    public let isMimallocInForce: Bool

    /// Asks now. The call alone makes the linker keep libmimalloc.
    public static var current: Allocator {
        let probe = malloc(64)
        defer { free(probe) }
        return Allocator(mimallocVersion: mi_version(), isMimallocInForce: mi_is_in_heap_region(probe))
    }

    public var description: String {
        let version = "\(mimallocVersion / 100).\(mimallocVersion / 10 % 10).\(mimallocVersion % 10)"
        return isMimallocInForce ? "mimalloc \(version)" : "the system's (mimalloc \(version) is linked, not in force)"
    }
}
