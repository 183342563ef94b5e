/// The checksum of a run's bytes: four sums of 8-byte words side by side, so that none waits for the other.
struct RunHash {
    private static let odd: UInt64 = 0x9FB2_1C65_1E98_DF25
    private var a: UInt64 = 1
    private var b: UInt64 = 2
    private var c: UInt64 = 3
    private var d: UInt64 = 4
    private var byteCount: UInt64 = 0

    /// Adds bytes: a multiple of 32 but for the last time, and always of 8.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        byteCount &+= UInt64(bytes.count)
        var place = 0
        while place &+ 32 <= bytes.count {
            a = Self.mixed(a, start.load(fromByteOffset: place, as: UInt64.self))
            b = Self.mixed(b, start.load(fromByteOffset: place &+ 8, as: UInt64.self))
            c = Self.mixed(c, start.load(fromByteOffset: place &+ 16, as: UInt64.self))
            d = Self.mixed(d, start.load(fromByteOffset: place &+ 24, as: UInt64.self))
            place &+= 32
        }
        while place &+ 8 <= bytes.count {
            a = Self.mixed(a, start.load(fromByteOffset: place, as: UInt64.self))
            place &+= 8
        }
    }

    var value: UInt64 {
        Self.mixed(Self.mixed(Self.mixed(Self.mixed(byteCount, a), b), c), d)
    }

    @inline(__always)
    private static func mixed(_ sum: UInt64, _ word: UInt64) -> UInt64 {
        let next = (sum ^ word) &* odd
        return next ^ next &>> 32
    }
}
