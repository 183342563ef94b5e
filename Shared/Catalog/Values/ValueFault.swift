/// Why a value is not what its attribute wants. A reason and no more: the value itself is in the feed.
@frozen public enum ValueFault: UInt8, Error, Sendable, CaseIterable {
    case empty
    case notANumber, ambiguousSeparator, badGrouping, negative, tooPrecise, outOfRange
    case currencyMissing, currencyUnknown, currencySymbolAmbiguous
    case notOneOf
    case wrongDigitCount, notDigits, wrongCheckDigit, restrictedPrefix
    case notADate, noSuchDay, notAnInterval, intervalReversed
    case schemeMissing, notHTTP, hostInvalid, hostNotPublic, hasCredentials, portInvalid, hasSpace, hasControl
    case badPercentEncoding
    case unitMissing, unitUnknown
    case categoryUnknown, categoryEmptyLevel
    case countryUnknown, tooFewParts, tooManyParts, rateInvalid

    /// What is wrong, as the end of a sentence that begins with the attribute's name.
    public var message: String {
        switch self {
        case .empty: "is empty"
        case .notANumber: "has no number where one is expected"
        case .ambiguousSeparator:
            "has a separator before three digits that may be a decimal point or a thousands separator"
        case .badGrouping: "has thousands separators that do not make groups of three digits"
        case .negative: "is negative"
        case .tooPrecise: "has more than six decimals"
        case .outOfRange: "is outside the range that is allowed"
        case .currencyMissing: "has no currency, such as EUR"
        case .currencyUnknown: "has a currency that ISO 4217 does not list"
        case .currencySymbolAmbiguous: "has a currency sign that several currencies share; write its code, such as USD"
        case .notOneOf: "is not one of the values that are allowed"
        case .wrongDigitCount: "does not have 8, 12, 13 or 14 digits"
        case .notDigits: "has other characters than digits"
        case .wrongCheckDigit: "has a check digit that does not match its other digits"
        case .restrictedPrefix: "has a prefix that is kept for use within a shop or for coupons"
        case .notADate: "is not a date as ISO 8601 has it, such as 2026-11-28T15:00+0100"
        case .noSuchDay: "names a day or an hour that does not exist"
        case .notAnInterval: "is not two dates with a slash between them"
        case .intervalReversed: "ends before it starts"
        case .schemeMissing: "does not start with http:// or https://"
        case .notHTTP: "has another scheme than http or https"
        case .hostInvalid: "has no valid host name"
        case .hostNotPublic: "has a host that cannot be reached from the Internet"
        case .hasCredentials: "carries a user name or a password"
        case .portInvalid: "has an invalid port"
        case .hasSpace: "has a space in it, which must be written as %20"
        case .hasControl: "has a control character in it"
        case .badPercentEncoding: "has a % that two hexadecimal digits do not follow"
        case .unitMissing: "has no unit, such as kg or cm"
        case .unitUnknown: "has a unit that is not supported"
        case .categoryUnknown: "does not begin with a top-level category of the Google product taxonomy"
        case .categoryEmptyLevel: "has an empty level between two >"
        case .countryUnknown: "has no country code of two letters as ISO 3166-1 has it"
        case .tooFewParts: "has too few parts between colons"
        case .tooManyParts: "has too many parts between colons"
        case .rateInvalid: "has a rate that is not a percentage from 0 to 100"
        }
    }
}
