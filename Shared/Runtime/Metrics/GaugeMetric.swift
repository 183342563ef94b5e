import Synchronization

/// A value that goes up and down: lag, open windows. An update is one atomic store.
public final class GaugeMetric: Sendable {
    private let bits = Atomic<UInt64>(0)

    init() {}

    public func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    public func set(_ value: Int64) { set(Double(value)) }
    public func add(_ amount: Double) { bits.update { $0 + amount } }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}
