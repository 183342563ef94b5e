/// The attributes that are versioned together: a price update must not undo a newer description.
@frozen public enum AttributeGroup: UInt8, Sendable, CaseIterable {
    case descriptive, price, stock, media, shipping

    /// As it is written in messages and tables.
    public var name: String {
        switch self {
        case .descriptive: "descriptive"
        case .price: "price"
        case .stock: "stock"
        case .media: "media"
        case .shipping: "shipping"
        }
    }

    /// The attributes of the group.
    public var attributes: AttributeSet {
        var set = AttributeSet()
        for attribute in Attribute.allCases where attribute.group == self { set.insert(attribute) }
        return set
    }
}

/// How the value of an attribute is read, and so what its canonical form is.
@frozen public enum AttributeKind: UInt8, Sendable, CaseIterable {
    /// Text with its white space made single.
    case text
    /// Several texts, one a line; a feed repeats the column or element.
    case textList
    /// Several short texts, one a line; a feed separates them by commas.
    case labels
    /// ``Money``.
    case money
    /// ``Availability``.
    case availability
    /// ``Condition``.
    case condition
    /// ``Gender``.
    case gender
    /// ``AgeGroup``.
    case ageGroup
    /// ``SizeType``.
    case sizeType
    /// ``SizeSystem``.
    case sizeSystem
    /// `true` or `false`.
    case flag
    /// ``GTIN``.
    case gtin
    /// A point in time, ``FeedTime``.
    case date
    /// From one point in time to another, ``FeedInterval``.
    case interval
    /// ``WebAddress``.
    case url
    /// Several ``WebAddress``, one a line.
    case urlList
    /// An address that opens an app: any scheme.
    case deepLink
    /// ``ProductCategory``.
    case category
    /// ``ShippingEntry``, one a line.
    case shipping
    /// ``TaxEntry``, one a line.
    case tax
    /// A ``Quantity`` of a unit of weight.
    case weight
    /// A ``Quantity`` of a unit of length.
    case length
    /// A unit of weight alone.
    case weightUnit
    /// Digits.
    case integer
    /// Two letters of ISO 3166-1.
    case country

    /// Whether a feed may give several values, which are kept one a line.
    public var isList: Bool {
        switch self {
        case .textList, .labels, .urlList, .shipping, .tax: true
        default: false
        }
    }
}
