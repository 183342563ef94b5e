/// Names, groups and kinds of the attributes, in the order of their numbers.
enum AttributeTable {
    typealias Row = (name: String, group: AttributeGroup, kind: AttributeKind)

    static let kinds: [AttributeKind] = rows.map(\.kind)

    static let byName: [String: Attribute] = Dictionary(
        uniqueKeysWithValues: Attribute.allCases.map { ($0.name, $0) })

    static let rows: [Row] = descriptive + price + stock + media + shipping

    private static let descriptive: [Row] = [
        ("id", .descriptive, .text),
        ("title", .descriptive, .text),
        ("description", .descriptive, .text),
        ("link", .descriptive, .url),
        ("mobile_link", .descriptive, .url),
        ("brand", .descriptive, .text),
        ("gtin", .descriptive, .gtin),
        ("mpn", .descriptive, .text),
        ("identifier_exists", .descriptive, .flag),
        ("google_product_category", .descriptive, .category),
        ("product_type", .descriptive, .textList),
        ("product_name", .descriptive, .text),
        ("item_group_id", .descriptive, .text),
        ("item_group_title", .descriptive, .text),
        ("color", .descriptive, .text),
        ("size", .descriptive, .text),
        ("size_type", .descriptive, .sizeType),
        ("size_system", .descriptive, .sizeSystem),
        ("gender", .descriptive, .gender),
        ("age_group", .descriptive, .ageGroup),
        ("material", .descriptive, .text),
        ("pattern", .descriptive, .text),
        ("style", .descriptive, .text),
        ("variant_names", .descriptive, .text),
        ("variant_values", .descriptive, .text),
        ("condition", .descriptive, .condition),
        ("adult", .descriptive, .flag),
        ("is_bundle", .descriptive, .flag),
        ("multipack", .descriptive, .integer),
        ("energy_efficiency_class", .descriptive, .text),
        ("min_energy_efficiency_class", .descriptive, .text),
        ("max_energy_efficiency_class", .descriptive, .text),
        ("certification", .descriptive, .text),
        ("product_detail", .descriptive, .text),
        ("product_highlight", .descriptive, .textList),
        ("product_length", .descriptive, .length),
        ("product_width", .descriptive, .length),
        ("product_height", .descriptive, .length),
        ("product_weight", .descriptive, .weight),
        ("custom_label_0", .descriptive, .text),
        ("custom_label_1", .descriptive, .text),
        ("custom_label_2", .descriptive, .text),
        ("custom_label_3", .descriptive, .text),
        ("custom_label_4", .descriptive, .text),
        ("custom_number_0", .descriptive, .text),
        ("custom_number_1", .descriptive, .text),
        ("custom_number_2", .descriptive, .text),
        ("custom_number_3", .descriptive, .text),
        ("custom_number_4", .descriptive, .text),
        ("ad_link", .descriptive, .url),
        ("ads_redirect", .descriptive, .url),
        ("adwords_redirect", .descriptive, .url),
        ("ads_grouping", .descriptive, .text),
        ("ads_labels", .descriptive, .labels),
        ("promotion_id", .descriptive, .labels),
        ("canonical_link", .descriptive, .url),
        ("ios_url", .descriptive, .deepLink),
        ("ios_app_store_id", .descriptive, .text),
        ("ios_app_name", .descriptive, .text),
        ("android_url", .descriptive, .deepLink),
        ("android_package", .descriptive, .text),
        ("android_app_name", .descriptive, .text),
        ("excluded_destination", .descriptive, .labels),
        ("included_destination", .descriptive, .labels),
        ("pause", .descriptive, .text),
        ("expiration_date", .descriptive, .date),
        ("updated_time", .descriptive, .date),
        ("average_review_rating", .descriptive, .text),
        ("number_of_ratings", .descriptive, .integer),
        ("number_of_reviews", .descriptive, .integer),
        ("free_shipping_label", .descriptive, .flag),
        ("free_shipping_limit", .descriptive, .text),
        ("internal_label", .descriptive, .labels),
        ("product_tags", .descriptive, .labels),
        ("rich_text_description", .descriptive, .text),
        ("short_title", .descriptive, .text),
        ("display_ads_id", .descriptive, .text),
        ("display_ads_link", .descriptive, .url),
        ("origin_country", .descriptive, .country),
        ("manufacturer_info", .descriptive, .text),
        ("status", .descriptive, .text),
        ("locale", .descriptive, .text),
        ("feed_country", .descriptive, .country),
    ]

    private static let price: [Row] = [
        ("price", .price, .money),
        ("sale_price", .price, .money),
        ("sale_price_effective_date", .price, .interval),
        ("list_price", .price, .money),
        ("min_ad_price", .price, .money),
        ("auto_pricing_min_price", .price, .money),
        ("maximum_retail_price", .price, .money),
        ("cost_of_goods_sold", .price, .money),
        ("unit_pricing_measure", .price, .text),
        ("unit_pricing_base_measure", .price, .text),
        ("installment", .price, .text),
        ("subscription_cost", .price, .text),
        ("loyalty_points", .price, .text),
        ("loyalty_program", .price, .text),
        ("tax", .price, .tax),
        ("tax_category", .price, .text),
    ]

    private static let stock: [Row] = [
        ("availability", .stock, .availability),
        ("availability_date", .stock, .date),
        ("inventory", .stock, .integer),
        ("sell_on_google_quantity", .stock, .integer),
        ("store_code", .stock, .text),
        ("external_merchant_id", .stock, .text),
        ("pickup_method", .stock, .text),
        ("pickup_sla", .stock, .text),
    ]

    private static let media: [Row] =
        [
            ("image_link", .media, .url),
            ("additional_image_link", .media, .urlList),
            ("lifestyle_image_link", .media, .urlList),
            ("video_link", .media, .urlList),
            ("virtual_model_link", .media, .url),
            ("alt_text", .media, .text),
            ("additional_alt_text", .media, .textList),
        ]
        + (0..<20).flatMap { number -> [Row] in
            [("ad_image_\(number)_link", .media, .url), ("ad_image_\(number)_tag", .media, .text)]
        }
        + (0..<3).flatMap { number -> [Row] in
            [("ad_video_\(number)_link", .media, .url), ("ad_video_\(number)_tag", .media, .text)]
        }

    private static let shipping: [Row] = [
        ("shipping", .shipping, .shipping),
        ("shipping_label", .shipping, .text),
        ("shipping_weight", .shipping, .weight),
        ("weight_unit", .shipping, .weightUnit),
        ("shipping_length", .shipping, .length),
        ("shipping_width", .shipping, .length),
        ("shipping_height", .shipping, .length),
        ("ships_from_country", .shipping, .country),
        ("max_handling_time", .shipping, .integer),
        ("min_handling_time", .shipping, .integer),
        ("transit_time_label", .shipping, .text),
        ("return_policy_label", .shipping, .text),
        ("free_shipping_threshold", .shipping, .text),
    ]
}
