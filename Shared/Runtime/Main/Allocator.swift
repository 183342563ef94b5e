import Glibc

#if !SLUICE_SANITIZED
    import CMimalloc
#endif

/// Which allocator answers malloc in this process. librdkafka allocates its messages on one thread and frees them on
/// another, where glibc's malloc contends: a service is meant to run on mimalloc.
///
/// A build with a sanitizer has the sanitizer's allocator, and mimalloc is not linked.
public struct Allocator: Sendable, CustomStringConvertible {
    /// What the library calls itself: 209 is 2.0.9. 0 where it is not linked.
    public let mimallocVersion: Int32
    /// True when memory from plain malloc lies in mimalloc's heap: linked, and first in the search order.
    public let isMimallocInForce: Bool

    #if SLUICE_SANITIZED
        public static var current: Allocator { Allocator(mimallocVersion: 0, isMimallocInForce: false) }
    #else
        /// Asks now. The call alone makes the linker keep libmimalloc.
        public static var current: Allocator {
            let probe = malloc(64)
            defer { free(probe) }
            return Allocator(mimallocVersion: mi_version(), isMimallocInForce: mi_is_in_heap_region(probe))
        }
    #endif

    public var description: String {
        guard mimallocVersion > 0 else { return "a sanitizer's" }
        let version = "\(mimallocVersion / 100).\(mimallocVersion / 10 % 10).\(mimallocVersion % 10)"
        return isMimallocInForce ? "mimalloc \(version)" : "the system's (mimalloc \(version) is linked, not in force)"
    }
}
