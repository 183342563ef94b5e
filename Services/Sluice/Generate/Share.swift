/// A probability, kept as the bound that 64 random bits must stay below.
struct Share: Equatable, Sendable {
    let threshold: UInt64

    /// - Parameter fraction: from 0 to 1; what lies outside is taken as the nearer bound.
    init(_ fraction: Double) {
        // 2^32 steps are exact in a Double, so that the threshold does not depend on how the last bits round.
        let steps = (min(max(fraction, 0), 1) * 4_294_967_296).rounded()
        threshold = steps >= 4_294_967_296 ? .max : UInt64(steps) << 32
    }
}
