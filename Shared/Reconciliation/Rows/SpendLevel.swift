/// A level at which spend is kept by campaign and currency. The raw values are part of the files of a recount.
public enum SpendLevel: UInt32, CaseIterable, Sendable, Codable, Comparable {
    case minute = 1
    case hour = 2
    /// A day of the advertiser's time zone. A recount does not hold it: it follows from the minutes and the zones.
    case day = 3
    case lifetime = 4
    case adHour = 5
    case placementHour = 6
    case countryHour = 7

    /// As the tables and views have it: `ad_hour`.
    public var name: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day"
        case .lifetime: "lifetime"
        case .adHour: "ad_hour"
        case .placementHour: "placement_hour"
        case .countryHour: "country_hour"
        }
    }

    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}
