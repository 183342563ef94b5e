/// What validation compares with. Lengths count Unicode scalars.
///
/// The limits of ad images and ad videos are published with their codes and are fixed. Title, description, link and
/// the number of additional images are those of Pinterest's data source specification (500, 10,000, 511, 10), and so
/// is the number of items of a feed (20 million). The others are not published together with their codes; what stands
/// here is this catalog's choice.
public struct ValidationSettings: Sendable, Equatable {
    public var titleLength = 500
    public var descriptionLength = 10_000
    public var linkLength = 511
    public var imageLinkLength = 2047
    public var adsLinkLength = 2047
    public var customLabelLength = 127
    public var productTypeLength = 1000
    public var mpnLength = 70
    public var additionalImages = 10
    public var minimumRows = 1
    public var maximumRows = 20_000_000
    public var itemsPerGroup = 1000
    /// A sale price below this share of the price is taken for a mistake.
    public var lowestSalePercent: Int64 = 10
    /// A change of the number of items beyond this share is worth a warning.
    public var countDeltaPercent = 30
    /// Whether the path of a category must begin with a top-level category in English. Off for feeds in other
    /// languages.
    public var requiresEnglishTaxonomy = true
    /// The country that the feed sells to.
    public var country: Country?
    /// The merchant's verified domains in lower case; nil where they are not known.
    public var verifiedDomains: [String]?

    public init() {}

    /// What every item must have.
    public static let required = AttributeSet([
        .id, .title, .description, .link, .imageLink, .price, .availability,
    ])
}

/// Something that was found.
@frozen public struct Finding: Sendable, Hashable {
    public let code: ValidationCode
    /// What it is about; nil for a whole row or feed.
    public let attribute: Attribute?
    /// What is wrong with the value, where that is more than the code says.
    public let fault: ValueFault?

    @inlinable
    public init(_ code: ValidationCode, _ attribute: Attribute? = nil, _ fault: ValueFault? = nil) {
        self.code = code
        self.attribute = attribute
        self.fault = fault
    }
}
