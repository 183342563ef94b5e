/// What a column of a feed is to the catalog. Found once for each column; rows only follow it.
struct ColumnMapping: Equatable {
    enum Target: Equatable {
        /// The catalog has no such attribute.
        case unknown
        case attribute(Attribute)
        /// A further value of a list, whose order in the list is given: `image[2].url`.
        case image(Int)
        /// A part of `shipping` or `tax` in a column of its own, such as `shipping(country)`.
        case part(Attribute, String)
        /// `shipping(country:price)`: an entry with these parts in this order.
        case parts(Attribute, [String])
    }

    let target: Target

    /// Of a column by its name as the feed has it.
    init(_ column: String) {
        let name = ColumnName(column)
        target = ColumnMapping.target(name)
    }

    private static func target(_ name: ColumnName) -> Target {
        if name.base == "image" || name.base == "images" {
            if name.member == nil || name.member == "url" || name.member == "link" { return .image(name.index ?? 0) }
            return .unknown
        }
        if name.base == "video" || name.base == "videos" {
            return name.member == nil || name.member == "url" ? .attribute(.videoLink) : .unknown
        }
        if name.base == "additional_image_link", let index = name.index { return .image(index + 1) }
        guard let attribute = attribute(name.base) else { return .unknown }
        if attribute.kind == .shipping || attribute.kind == .tax {
            if let member = name.member { return .part(attribute, member) }
            if name.order.count == 1 { return .part(attribute, name.order[0]) }
            if name.order.count > 1 { return .parts(attribute, name.order) }
        } else if let member = name.member, member != "value" {
            return .unknown
        }
        return .attribute(attribute)
    }

    /// By the folded name. No name means different things in two dialects, so one table serves all three.
    static func attribute(_ name: String) -> Attribute? { Attribute(name: name) ?? aliases[name] }

    // Other names of the same things: of the dialects, of Google's Content API, of shops' own exports.
    static let aliases: [String: Attribute] = [
        "item_id": .id, "itemid": .id, "sku": .id, "retailer_id": .id, "offer_id": .id, "product_id": .id,
        "name": .title, "item_title": .title, "summary": .description, "content": .description,
        "product_description": .description, "url": .link, "product_link": .link, "item_link": .link,
        "product_url": .link, "picture": .imageLink, "image_url": .imageLink, "main_image": .imageLink,
        "additional_image_links": .additionalImageLink, "additional_images": .additionalImageLink,
        "additional_image_urls": .additionalImageLink, "lifestyle_image_links": .lifestyleImageLink,
        "fb_product_category": .googleProductCategory, "google_category": .googleProductCategory,
        "product_category": .googleProductCategory, "product_types": .productType, "ean": .gtin, "upc": .gtin,
        "isbn": .gtin,
        "gtin13": .gtin, "barcode": .gtin, "gtins": .gtin, "manufacturer_part_number": .mpn,
        "quantity_to_sell_on_facebook": .inventory, "quantity": .inventory, "stock": .inventory,
        "stock_quantity": .inventory, "stock_status": .availability, "colour": .color, "colors": .color, "sizes": .size,
        "size_types": .sizeType, "sale_price_effective_dates": .salePriceEffectiveDate,
        "sale_price_date": .salePriceEffectiveDate, "regular_price": .price, "mobile_url": .mobileLink,
        "ads_link": .adLink, "adwords_grouping": .adsGrouping, "adwords_labels": .adsLabels,
        "ios_deep_link": .iosUrl, "applink_ios_url": .iosUrl, "android_deep_link": .androidUrl,
        "applink_android_url": .androidUrl, "shipping_costs": .shipping, "taxes": .tax, "manufacturer": .brand,
        "video_url": .videoLink, "promotion_ids": .promotionId, "product_details": .productDetail,
        "product_highlights": .productHighlight, "excluded_destinations": .excludedDestination,
        "included_destinations": .includedDestination, "parent_id": .itemGroupId, "item_group": .itemGroupId,
        "group_id": .itemGroupId, "commerce_tax_category": .taxCategory, "fb_age_group": .ageGroup,
        "fb_gender": .gender,
        "image_alt_text": .altText, "multi_pack": .multipack, "is_adult": .adult, "handling_time": .maxHandlingTime,
    ]
}
