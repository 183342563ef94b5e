/// Whether an item can be bought (Google: availability; schema.org: ItemAvailability; Meta adds `available for order`
/// and `discontinued`).
public enum Availability: String, Sendable, CaseIterable {
    case inStock = "in_stock"
    case outOfStock = "out_of_stock"
    case preorder
    case backorder

    /// From any spelling that is known: spaces, underscores, capitals, the addresses of schema.org.
    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        var start = trimmed.lowerBound
        let value = text.extracting(trimmed)
        for prefix: StaticString in ["https://schema.org/", "http://schema.org/", "schema:"]
        where value.hasPrefixIgnoringCase(prefix) { start += prefix.utf8CodeUnitCount }
        self = try Availability(folding: text.extracting(start..<trimmed.upperBound))
    }

    /// Whether it can be had now.
    public var isInStock: Bool { self == .inStock }
}

extension Availability: FoldedValue {
    static let spellings: [(StaticString, Availability)] = [
        ("instock", .inStock), ("outofstock", .outOfStock), ("preorder", .preorder), ("backorder", .backorder),
        ("availablefororder", .backorder), ("discontinued", .outOfStock), ("available", .inStock),
        ("soldout", .outOfStock), ("limitedavailability", .inStock), ("onlineonly", .inStock),
        ("instoreonly", .inStock), ("presale", .preorder), ("madetoorder", .backorder),
    ]

    var spelling: StaticString {
        switch self {
        case .inStock: "in_stock"
        case .outOfStock: "out_of_stock"
        case .preorder: "preorder"
        case .backorder: "backorder"
        }
    }
}

/// New or not. Meta's grades of used are all `used`.
public enum Condition: String, Sendable, CaseIterable {
    case new, refurbished, used

    public init(parsing text: Span<UInt8>) throws(ValueFault) {
        let trimmed = text.trimmed
        let value = text.extracting(trimmed)
        var start = trimmed.lowerBound
        for prefix: StaticString in ["https://schema.org/", "http://schema.org/"]
        where value.hasPrefixIgnoringCase(prefix) { start += prefix.utf8CodeUnitCount }
        self = try Condition(folding: text.extracting(start..<trimmed.upperBound))
    }
}

extension Condition: FoldedValue {
    static let spellings: [(StaticString, Condition)] = [
        ("new", .new), ("refurbished", .refurbished), ("used", .used), ("usedlikenew", .used), ("usedgood", .used),
        ("usedfair", .used), ("cpo", .used), ("openboxnew", .new), ("newcondition", .new), ("usedcondition", .used),
        ("refurbishedcondition", .refurbished),
    ]

    var spelling: StaticString {
        switch self {
        case .new: "new"
        case .refurbished: "refurbished"
        case .used: "used"
        }
    }
}

/// Whom an item is for.
public enum Gender: String, Sendable, CaseIterable, FoldedValue {
    case male, female, unisex

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try Gender(folding: text) }

    static let spellings: [(StaticString, Gender)] = [("male", .male), ("female", .female), ("unisex", .unisex)]

    var spelling: StaticString {
        switch self {
        case .male: "male"
        case .female: "female"
        case .unisex: "unisex"
        }
    }
}

/// The age that an item is for. `teen` and `all ages` are Meta's.
public enum AgeGroup: String, Sendable, CaseIterable, FoldedValue {
    case newborn, infant, toddler, kids, teen, adult
    case allAges = "all_ages"

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try AgeGroup(folding: text) }

    static let spellings: [(StaticString, AgeGroup)] = [
        ("adult", .adult), ("kids", .kids), ("newborn", .newborn), ("infant", .infant), ("toddler", .toddler),
        ("teen", .teen), ("allages", .allAges),
    ]

    var spelling: StaticString {
        switch self {
        case .newborn: "newborn"
        case .infant: "infant"
        case .toddler: "toddler"
        case .kids: "kids"
        case .teen: "teen"
        case .adult: "adult"
        case .allAges: "all_ages"
        }
    }
}

/// The cut of clothing.
public enum SizeType: String, Sendable, CaseIterable, FoldedValue {
    case regular, petite, plus, tall, big, maternity
    case bigAndTall = "big_and_tall"

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try SizeType(folding: text) }

    static let spellings: [(StaticString, SizeType)] = [
        ("regular", .regular), ("petite", .petite), ("plus", .plus), ("tall", .tall), ("big", .big),
        ("maternity", .maternity), ("bigandtall", .bigAndTall), ("big&tall", .bigAndTall), ("oversize", .plus),
    ]

    var spelling: StaticString {
        switch self {
        case .regular: "regular"
        case .petite: "petite"
        case .plus: "plus"
        case .tall: "tall"
        case .big: "big"
        case .maternity: "maternity"
        case .bigAndTall: "big_and_tall"
        }
    }
}

/// The country's system that a size is given in.
public enum SizeSystem: String, Sendable, CaseIterable, FoldedValue {
    case au = "AU"
    case br = "BR"
    case cn = "CN"
    case de = "DE"
    case eu = "EU"
    case fr = "FR"
    case it = "IT"
    case jp = "JP"
    case mex = "MEX"
    case uk = "UK"
    case us = "US"

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try SizeSystem(folding: text) }

    static let spellings: [(StaticString, SizeSystem)] = [
        ("us", .us), ("eu", .eu), ("uk", .uk), ("de", .de), ("fr", .fr), ("it", .it), ("au", .au), ("br", .br),
        ("cn", .cn), ("jp", .jp), ("mex", .mex), ("gb", .uk), ("mx", .mex),
    ]

    var spelling: StaticString {
        switch self {
        case .au: "AU"
        case .br: "BR"
        case .cn: "CN"
        case .de: "DE"
        case .eu: "EU"
        case .fr: "FR"
        case .it: "IT"
        case .jp: "JP"
        case .mex: "MEX"
        case .uk: "UK"
        case .us: "US"
        }
    }
}

/// Yes or no, as feeds write it.
public enum Flag: String, Sendable, CaseIterable, FoldedValue {
    case yes = "true"
    case no = "false"

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try Flag(folding: text) }

    static let spellings: [(StaticString, Flag)] = [
        ("no", .no), ("false", .no), ("yes", .yes), ("true", .yes), ("0", .no), ("1", .yes), ("n", .no), ("y", .yes),
    ]

    var spelling: StaticString { self == .yes ? "true" : "false" }
}

/// A unit of weight, alone, as in `weight_unit`.
public enum WeightUnit: String, Sendable, CaseIterable, FoldedValue {
    case lb, oz, g, kg

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try WeightUnit(folding: text) }

    static let spellings: [(StaticString, WeightUnit)] = [
        ("kg", .kg), ("g", .g), ("lb", .lb), ("oz", .oz), ("lbs", .lb), ("kilogram", .kg), ("kilograms", .kg),
        ("gram", .g), ("grams", .g), ("pound", .lb), ("pounds", .lb), ("ounce", .oz), ("ounces", .oz),
    ]

    var spelling: StaticString {
        switch self {
        case .lb: "lb"
        case .oz: "oz"
        case .g: "g"
        case .kg: "kg"
        }
    }
}

/// A unit of length.
public enum LengthUnit: String, Sendable, CaseIterable, FoldedValue {
    case inch = "in"
    case cm

    public init(parsing text: Span<UInt8>) throws(ValueFault) { self = try LengthUnit(folding: text) }

    static let spellings: [(StaticString, LengthUnit)] = [
        ("cm", .cm), ("in", .inch), ("inch", .inch), ("inches", .inch), ("\"", .inch), ("centimeter", .cm),
        ("centimeters", .cm), ("centimetre", .cm), ("centimetres", .cm),
    ]

    var spelling: StaticString { self == .cm ? "cm" : "in" }
}
