public import Schemas

/// What one event adds to the row of its window, at every level the same.
@frozen
@usableFromInline
struct SpendCharge {
    @usableFromInline let impressions: UInt32
    @usableFromInline let clicks: UInt32
    @usableFromInline let conversions: UInt32
    @usableFromInline let videoViews: UInt32
    @usableFromInline let invalid: UInt32
    @usableFromInline let late: UInt32
    @usableFromInline let nanos: Int64

    /// An invalid event counts as that alone, also when it is late.
    @inlinable
    init(_ event: AdEvent, isLate: Bool) {
        let isValid = event.invalidReason == 0
        invalid = isValid ? 0 : 1
        impressions = isValid && event.type == 1 ? 1 : 0
        clicks = isValid && event.type == 2 ? 1 : 0
        conversions = isValid && event.type == 3 ? 1 : 0
        videoViews = isValid && event.type == 4 ? 1 : 0
        late = isValid && isLate ? 1 : 0
        // Validation has refused what does not fit.
        nanos = isValid ? Charge.nanos(of: event) ?? 0 : 0
    }

    // Counts do not overflow: see SpendDelta.
    @inlinable
    @inline(__always)
    func add(to delta: UnsafeMutablePointer<SpendDelta>) {
        delta.pointee.impressions &+= impressions
        delta.pointee.clicks &+= clicks
        delta.pointee.conversions &+= conversions
        delta.pointee.videoViews &+= videoViews
        delta.pointee.invalidEvents &+= invalid
        delta.pointee.lateEvents &+= late
        delta.pointee.spendNanos += Int128(nanos)
    }
}
