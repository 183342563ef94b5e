/// Whose specification a feed follows, for reports and defaults. Names and values are unified alike for all three: no
/// name means different things in two of them.
@frozen public enum FeedDialect: UInt8, Sendable, CaseIterable {
    case google, meta, pinterest

    public var name: String {
        switch self {
        case .google: "google"
        case .meta: "meta"
        case .pinterest: "pinterest"
        }
    }

    /// Recognises a feed by names that only one of the three has. Without any it is Google's, which the others follow.
    public static func recognise(columns: [String]) -> FeedDialect {
        var meta = 0
        var pinterest = 0
        var google = 0
        for column in columns {
            let name = ColumnName(column)
            if metaNames.contains(name.base) || name.index != nil || name.member == "url" { meta += 1 }
            if pinterestNames.contains(name.base) || name.base.hasPrefix("ad_image_")
                || name.base.hasPrefix("ad_video_")
            {
                pinterest += 1
            }
            if googleNames.contains(name.base) { google += 1 }
        }
        if meta > pinterest, meta >= google { return .meta }
        return pinterest > google ? .pinterest : .google
    }

    private static let metaNames: Set<String> = [
        "fb_product_category", "quantity_to_sell_on_facebook", "commerce_tax_category", "rich_text_description",
        "visibility",
        "origin_country", "importer_name", "manufacturer_info", "wa_compliance_category", "inventory", "retailer_id",
        "product_tags", "additional_variant_attribute", "image", "video", "ios_url", "android_url", "custom_number_0",
        "custom_number_1", "custom_number_2", "custom_number_3", "custom_number_4",
    ]

    private static let pinterestNames: Set<String> = [
        "ad_link", "min_ad_price", "variant_names", "variant_values", "average_review_rating", "number_of_ratings",
        "number_of_reviews", "free_shipping_label", "free_shipping_limit", "alt_text", "ios_deep_link",
        "android_deep_link", "list_price", "updated_time", "weight_unit",
    ]

    private static let googleNames: Set<String> = [
        "ads_redirect", "excluded_destination", "included_destination", "cost_of_goods_sold", "auto_pricing_min_price",
        "lifestyle_image_link", "loyalty_program", "product_highlight", "identifier_exists", "sell_on_google_quantity",
        "energy_efficiency_class", "certification", "structured_title", "subscription_cost",
    ]
}

/// The name of a column taken apart: `g:shipping(country)`, `image[0].url`, `Image Link`, `salePrice`.
struct ColumnName {
    /// Lower case with underscores, without the prefix `g:`.
    var base = ""
    /// Of `[0]`.
    var index: Int?
    /// Behind a point, or the only one in brackets.
    var member: String?
    /// The parts of `shipping(country:price)`, in order.
    var order: [String] = []

    init(_ column: String) {
        var text = Substring(column)
        if text.hasPrefix("g:") || text.hasPrefix("c:") { text = text.dropFirst(2) }
        if let bracket = text.firstIndex(of: "("), text.hasSuffix(")") {
            order = text[text.index(after: bracket)...].dropLast().split(separator: ":").map { ColumnName.fold($0) }
            text = text[..<bracket]
        }
        if let bracket = text.firstIndex(of: "["), let end = text[bracket...].firstIndex(of: "]") {
            index = Int(text[text.index(after: bracket)..<end])
            let rest = text[text.index(after: end)...]
            if rest.hasPrefix(".") { member = ColumnName.fold(rest.dropFirst()) }
            text = text[..<bracket]
        } else if let point = text.lastIndex(of: ".") {
            member = ColumnName.fold(text[text.index(after: point)...])
            text = text[..<point]
        }
        base = ColumnName.fold(text)
    }

    /// `Image Link`, `image-link` and `imageLink` are `image_link`.
    static func fold(_ text: some StringProtocol) -> String {
        var result = ""
        var wasLower = false
        for character in text {
            if character == " " || character == "-" || character == "_" {
                if !result.isEmpty, result.last != "_" { result.append("_") }
                wasLower = false
            } else {
                if character.isUppercase, wasLower { result.append("_") }
                wasLower = character.isLowercase || character.isNumber
                result += character.lowercased()
            }
        }
        while result.last == "_" { result.removeLast() }
        return result
    }
}
