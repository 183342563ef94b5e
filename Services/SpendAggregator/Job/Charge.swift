public import Schemas

/// What one event costs its advertiser.
public enum Charge {
    /// The highest price of one unit, in millionths of the currency: a million units of currency.
    @inlinable public static var maximumPriceMicros: Int64 { 1_000_000_000_000 }

    /// The charge in nanos (billionths of the currency); nil where it does not fit.
    ///
    /// A price per thousand impressions in micros is, for one impression, as many nanos. The other models charge
    /// the whole price for the one event that they are about. Every other combination costs nothing.
    @inlinable
    public static func nanos(of event: AdEvent) -> Int64? {
        switch (event.pricing, event.type) {
        case (1, 1): return event.priceMicros
        case (2, 2), (3, 3), (4, 4):
            let (nanos, overflow) = event.priceMicros.multipliedReportingOverflow(by: 1_000)
            return overflow ? nil : nanos
        default: return 0
        }
    }
}
