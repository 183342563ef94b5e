/// A level of the results: windows of a length, by what.
enum SpendLevel: String, CaseIterable, Sendable {
    case minute, hour, day, lifetime
    case adHour = "ad-hour"
    case adGroupHour = "ad-group-hour"
    case placementHour = "placement-hour"
    case countryHour = "country-hour"
    case advertiserDay = "advertiser-day"
    case advertiserLifetime = "advertiser-lifetime"
    /// The ledger of adjustments: no windows, a row for each adjustment.
    case adjustment

    /// What bounds a row of the level in time.
    enum Window: Sendable {
        /// A minute, an hour, or the moment of an adjustment: bounded by instants.
        case moment
        /// A day of an advertiser: bounded by dates.
        case day
        /// Everything.
        case lifetime
    }

    var window: Window {
        switch self {
        case .day, .advertiserDay: .day
        case .lifetime, .advertiserLifetime: .lifetime
        default: .moment
        }
    }

    /// The view in the schema of the results.
    var view: String {
        switch self {
        case .adHour: "ad_hour"
        case .adGroupHour: "ad_group_hour"
        case .placementHour: "placement_hour"
        case .countryHour: "country_hour"
        case .advertiserDay: "advertiser_day"
        case .advertiserLifetime: "advertiser_lifetime"
        case .adjustment: "adjustment_ledger"
        default: rawValue
        }
    }

    /// The function that answers which rows of it changed since a cursor.
    var changes: String { view + "_changes" }

    /// The column that says which window a row is; nil for a lifetime.
    var windowColumn: String? {
        switch self {
        case .minute: "minute"
        case .hour, .adHour, .adGroupHour, .placementHour, .countryHour: "hour"
        case .day, .advertiserDay: "day"
        case .lifetime, .advertiserLifetime: nil
        case .adjustment: "event_time"
        }
    }

    /// The columns that say whose a row is, without the window and the currency.
    var keys: [String] {
        switch self {
        case .minute, .hour, .day, .lifetime: ["advertiser_id", "campaign_id"]
        case .adHour, .adjustment: ["advertiser_id", "campaign_id", "ad_group_id", "ad_id"]
        case .adGroupHour: ["advertiser_id", "campaign_id", "ad_group_id"]
        case .placementHour: ["advertiser_id", "campaign_id", "placement"]
        case .countryHour: ["advertiser_id", "campaign_id", "country"]
        case .advertiserDay, .advertiserLifetime: ["advertiser_id"]
        }
    }

    /// The columns of money. Adjustments name no minute, no placement and no country.
    var amounts: [String] {
        switch self {
        case .minute, .placementHour, .countryHour: ["spend"]
        default: ["spend", "adjustment", "net"]
        }
    }

    /// The level whose rows, converted day by day, add up to this one; nil where a row lies within one day.
    var days: SpendLevel? {
        switch self {
        case .lifetime: .day
        case .advertiserLifetime: .advertiserDay
        default: nil
        }
    }

    /// Whether its rows are sums over campaigns.
    var isOfAdvertiser: Bool { self == .advertiserDay || self == .advertiserLifetime }

    /// A level that answers what this one cannot, for messages.
    var byCampaign: SpendLevel { self == .advertiserLifetime ? .lifetime : .day }
}
