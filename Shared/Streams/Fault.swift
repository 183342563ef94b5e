/// Why a record cannot be processed, as a number that the hot loop carries; the job gives the fixed code that is
/// stored. 0 is no fault.
@frozen
public struct Fault: RawRepresentable, Hashable, Sendable, BitwiseCopyable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }
    @inlinable public static var none: Fault { Fault(rawValue: 0) }
}
