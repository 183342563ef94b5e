import Synchronization

/// A whole number that only grows: records, errors, bytes. An update costs one atomic addition.
public final class CounterMetric: Sendable {
    private let count = Atomic<UInt64>(0)

    init() {}

    /// Adds to the counter. An amount below 0 is ignored: a counter never falls.
    public func increment(by amount: Int64 = 1) {
        guard amount > 0 else { return }
        count.wrappingAdd(UInt64(amount), ordering: .relaxed)
    }

    public var value: UInt64 { count.load(ordering: .relaxed) }

    func reset() { count.store(0, ordering: .relaxed) }
}

/// A sum of fractions that only grows: seconds spent. An update is a compare-and-exchange.
public final class FloatingCounterMetric: Sendable {
    private let bits = Atomic<UInt64>(0)

    init() {}

    /// Adds to the counter. Amounts that are not above 0 or not finite are ignored.
    public func increment(by amount: Double) {
        guard amount > 0, amount.isFinite else { return }
        bits.update { $0 + amount }
    }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    func reset() { bits.store(0, ordering: .relaxed) }
}

extension Atomic where Value == UInt64 {
    /// Replaces the double held here by what the closure makes of it.
    func update(_ change: (Double) -> Double) {
        var seen = load(ordering: .relaxed)
        while true {
            let wanted = change(Double(bitPattern: seen)).bitPattern
            let (exchanged, original) = weakCompareExchange(expected: seen, desired: wanted, ordering: .relaxed)
            if exchanged { return }
            seen = original
        }
    }
}
