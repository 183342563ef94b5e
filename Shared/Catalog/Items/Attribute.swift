/// An attribute of an item, by the name that the catalog keeps it under.
///
/// The attributes are those of the product data specification of Google Merchant Center
/// (support.google.com/merchants/answer/7052112), the catalog fields of Meta (Commerce Manager, "Product data
/// specifications") and the data source attributes of Pinterest (catalogs, API v5). Where the three have different
/// names for the same thing, the name is Google's; a dialect says what else it is called.
///
/// Within a process an attribute is its small number, which orders the attributes of an item. Outside it goes by
/// ``name``: the numbers may change between releases.
@frozen public enum Attribute: UInt8, Sendable, CaseIterable {
    // Descriptive: What the item is.
    case id, title, description, link, mobileLink, brand, gtin, mpn, identifierExists, googleProductCategory
    case productType, productName, itemGroupId, itemGroupTitle, color, size, sizeType, sizeSystem, gender
    case ageGroup, material, pattern, style, variantNames, variantValues, condition, adult, isBundle, multipack
    case energyEfficiencyClass, minEnergyEfficiencyClass, maxEnergyEfficiencyClass, certification, productDetail
    case productHighlight, productLength, productWidth, productHeight, productWeight, customLabel0, customLabel1
    case customLabel2, customLabel3, customLabel4, customNumber0, customNumber1, customNumber2, customNumber3
    case customNumber4, adLink, adsRedirect, adwordsRedirect, adsGrouping, adsLabels, promotionId, canonicalLink
    case iosUrl, iosAppStoreId, iosAppName, androidUrl, androidPackage, androidAppName, excludedDestination
    case includedDestination, pause, expirationDate, updatedTime, averageReviewRating, numberOfRatings
    case numberOfReviews, freeShippingLabel, freeShippingLimit, internalLabel, productTags, richTextDescription
    case shortTitle, displayAdsId, displayAdsLink, originCountry, manufacturerInfo, status, locale, feedCountry
    // Price: What it costs.
    case price, salePrice, salePriceEffectiveDate, listPrice, minAdPrice, autoPricingMinPrice
    case maximumRetailPrice, costOfGoodsSold, unitPricingMeasure, unitPricingBaseMeasure, installment
    case subscriptionCost, loyaltyPoints, loyaltyProgram, tax, taxCategory
    // Stock: Whether it can be had.
    case availability, availabilityDate, inventory, sellOnGoogleQuantity, storeCode, externalMerchantId
    case pickupMethod, pickupSla
    // Media: Images, videos, models.
    case imageLink, additionalImageLink, lifestyleImageLink, videoLink, virtualModelLink, altText
    case additionalAltText, adImage0Link, adImage0Tag, adImage1Link, adImage1Tag, adImage2Link, adImage2Tag
    case adImage3Link, adImage3Tag, adImage4Link, adImage4Tag, adImage5Link, adImage5Tag, adImage6Link
    case adImage6Tag, adImage7Link, adImage7Tag, adImage8Link, adImage8Tag, adImage9Link, adImage9Tag
    case adImage10Link, adImage10Tag, adImage11Link, adImage11Tag, adImage12Link, adImage12Tag, adImage13Link
    case adImage13Tag, adImage14Link, adImage14Tag, adImage15Link, adImage15Tag, adImage16Link, adImage16Tag
    case adImage17Link, adImage17Tag, adImage18Link, adImage18Tag, adImage19Link, adImage19Tag, adVideo0Link
    case adVideo0Tag, adVideo1Link, adVideo1Tag, adVideo2Link, adVideo2Tag
    // Shipping: How it is delivered.
    case shipping, shippingLabel, shippingWeight, weightUnit, shippingLength, shippingWidth, shippingHeight
    case shipsFromCountry, maxHandlingTime, minHandlingTime, transitTimeLabel, returnPolicyLabel
    case freeShippingThreshold

    /// As it is written in feeds, messages and reports, such as `image_link`.
    public var name: String { AttributeTable.rows[Int(rawValue)].name }

    /// The group that it is versioned with.
    public var group: AttributeGroup { AttributeTable.rows[Int(rawValue)].group }

    /// How its value is read.
    public var kind: AttributeKind { AttributeTable.kinds[Int(rawValue)] }

    /// The attribute of a name, exactly as ``name`` has it.
    public init?(name: String) {
        guard let found = AttributeTable.byName[name] else { return nil }
        self = found
    }

    /// `ad_image_0_link` to `ad_image_19_link`.
    public static func adImageLink(_ number: Int) -> Attribute { at(.adImage0Link, number, of: 20) }

    /// `ad_image_0_tag` to `ad_image_19_tag`.
    public static func adImageTag(_ number: Int) -> Attribute { at(.adImage0Tag, number, of: 20) }

    /// `ad_video_0_link` to `ad_video_2_link`.
    public static func adVideoLink(_ number: Int) -> Attribute { at(.adVideo0Link, number, of: 3) }

    /// `ad_video_0_tag` to `ad_video_2_tag`.
    public static func adVideoTag(_ number: Int) -> Attribute { at(.adVideo0Tag, number, of: 3) }

    /// `custom_label_0` to `custom_label_4`.
    public static func customLabel(_ number: Int) -> Attribute {
        precondition((0..<5).contains(number))
        return Attribute(rawValue: customLabel0.rawValue + UInt8(number))!
    }

    // Links and tags alternate.
    private static func at(_ first: Attribute, _ number: Int, of count: Int) -> Attribute {
        precondition((0..<count).contains(number))
        return Attribute(rawValue: first.rawValue + UInt8(2 * number))!
    }
}

extension Attribute: Comparable {
    @inlinable public static func < (left: Attribute, right: Attribute) -> Bool { left.rawValue < right.rawValue }
}
