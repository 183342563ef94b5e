/// Names, levels and rules of the codes, in the order of their numbers. `CODES.md` is made of it.
enum CodeTable {
    struct Row: Sendable {
        let name: String
        let level: ValidationCode.Level
        let isDecided: Bool
        let rule: String
        let whatToDo: String

        init(_ name: String, _ level: ValidationCode.Level, decided rule: String, _ whatToDo: String) {
            (self.name, self.level, isDecided, self.rule, self.whatToDo) = (name, level, true, rule, whatToDo)
        }

        init(_ name: String, _ level: ValidationCode.Level, undecided why: String, _ whatToDo: String) {
            (self.name, self.level, isDecided, rule, self.whatToDo) = (name, level, false, why, whatToDo)
        }
    }

    static let rows: [Row] =
        validationErrors + ingestionErrors + warnings + (0..<20).flatMap { media("image", $0, linkLimit: 2047) }
        + (0..<3).flatMap { media("video", $0, linkLimit: 511) }

    private static let validationErrors: [Row] = [
        Row(
            "FETCH_ERROR", .feed,
            undecided: "Fetching is not part of reading a feed.",
            "Check the feed's address and that it answers without a login."),
        Row(
            "FETCH_INACTIVE_FEED_ERROR", .feed,
            decided: "The caller says for how many days the feed has not changed; above 90 it is inactive.",
            "Publish an updated feed, or remove the feed if it is no longer used."),
        Row(
            "ENCODING_ERROR", .feed,
            decided:
                "The bytes are no UTF-8, no UTF-16 with a mark, not what the XML declaration says, or no text at all.",
            "Save the feed as UTF-8 without compression."),
        Row(
            "DELIMITER_ERROR", .feed,
            decided: "The header cannot be split into columns.",
            "Separate columns with one of comma, semicolon, bar or tab, and close every quote of the header."),
        Row(
            "REQUIRED_COLUMNS_MISSING", .feed,
            decided: "No column, element or key stands for an attribute that every item must have.",
            "Add the columns that are named."),
        Row(
            "DUPLICATE_PRODUCTS", .item,
            decided: "The id stood before in the same feed (compared by 64 bits of a hash).",
            "Give each item an id of its own; the first one counts."),
        Row(
            "IMAGE_LINK_INVALID", .item,
            decided: "image_link is not an address that a crawler could fetch.",
            "Write a complete public address that begins with https://."),
        Row(
            "ITEMID_MISSING", .item,
            decided: "id is missing.",
            "Give the item an id that never changes."),
        Row(
            "TITLE_MISSING", .item,
            decided: "title is missing.",
            "Give the item a title."),
        Row(
            "DESCRIPTION_MISSING", .item,
            decided: "description is missing.",
            "Give the item a description in plain text."),
        Row(
            "PRODUCT_LINK_MISSING", .item,
            decided: "link is missing.",
            "Add the address of the item's page."),
        Row(
            "IMAGE_LINK_MISSING", .item,
            decided: "image_link is missing.",
            "Add the address of the item's main image."),
        Row(
            "AVAILABILITY_INVALID", .item,
            decided:
                "availability is missing or is none of in stock, out of stock, preorder, backorder in any spelling that is known.",
            "Write in stock, out of stock, preorder or backorder."),
        Row(
            "PRODUCT_PRICE_INVALID", .item,
            decided: "price is no amount with a currency of ISO 4217, is ambiguous, or is zero.",
            "Write the number with a point and the currency behind it, such as 9.99 EUR."),
        Row(
            "LINK_FORMAT_INVALID", .item,
            decided: "link is not an address that a crawler could fetch.",
            "Write a complete public address that begins with https://."),
        Row(
            "PARSE_LINE_ERROR", .item,
            decided: "The row cannot be split into fields, is no JSON object, is too long, or is not UTF-8.",
            "Correct the row at the place that is named; quote values that contain delimiters or line ends."),
        Row(
            "ADWORDS_FORMAT_INVALID", .item,
            decided: "adwords_redirect or ads_redirect has more characters than allowed.",
            "Shorten the address."),
        Row(
            "INTERNAL_SERVICE_ERROR", .feed,
            undecided: "It is a failure of the platform's own service.",
            "Wait for the next ingestion."),
        Row(
            "NO_VERIFIED_DOMAIN", .feed,
            decided: "The caller says that the merchant has no verified domain.",
            "Verify the shop's domain."),
        Row(
            "ADULT_INVALID", .item,
            decided: "adult is neither yes nor no.",
            "Write yes or no."),
        Row(
            "IMAGE_LINK_LENGTH_TOO_LONG", .item,
            decided: "image_link has more characters than allowed.",
            "Shorten the address."),
        Row(
            "INVALID_DOMAIN", .item,
            decided:
                "The host of link is neither a verified domain of the merchant nor within one; decided where the domains are given.",
            "Link to a page of a verified domain, or verify this one."),
        Row(
            "FEED_LENGTH_TOO_LONG", .item,
            decided: "The feed has more items than allowed; those beyond are rejected.",
            "Split the catalog into several feeds."),
        Row(
            "LINK_LENGTH_TOO_LONG", .item,
            decided: "link has more characters than allowed.",
            "Shorten the address, for example by leaving out tracking parameters."),
        Row(
            "MALFORMED_XML", .feed,
            decided: "The XML is not well-formed, is neither RSS nor Atom, or has a document type.",
            "Correct the file at the place that is named."),
        Row(
            "PRICE_MISSING", .item,
            decided: "price is missing.",
            "Add the price with its currency."),
        Row(
            "FEED_TOO_SMALL", .feed,
            decided: "The feed has fewer rows than it must have.",
            "Check the export: the file has no items."),
        Row(
            "MAX_ITEMS_PER_ITEM_GROUP_EXCEEDED", .item,
            decided: "The item's group has more items than allowed; those beyond are rejected.",
            "Give an item_group_id only to variants of one product."),
        Row(
            "ITEM_MAIN_IMAGE_DOWNLOAD_FAILURE", .item,
            undecided: "Images are not fetched.",
            "Check that the image can be downloaded without a login."),
        Row(
            "PINJOIN_CONTENT_UNSAFE", .item,
            undecided: "It is the platform's judgement of the content.",
            "Compare the item with the platform's merchant guidelines."),
        Row(
            "BLOCKLISTED_IMAGE_SIGNATURE", .item,
            undecided: "It is the platform's list of images.",
            "Use another image."),
        Row(
            "LIST_PRICE_INVALID", .item,
            decided: "list_price is no amount with a currency, or is ambiguous.",
            "Write the number with a point and the currency behind it, such as 9.99 EUR."),
        Row(
            "PRICE_CANNOT_BE_DETERMINED", .item,
            decided: "price, sale_price and list_price are present, valid, and three different amounts.",
            "Leave out list_price, or make it the same as price."),
    ]

    private static let ingestionErrors: [Row] = [
        Row(
            "ACCOUNT_FLAGGED", .feed,
            undecided: "It is the platform's judgement of the account.",
            "Ask the platform's support."),
        Row(
            "FETCH_GOOGLE_SHEET_NOT_SHARED", .feed,
            undecided: "Sheets are not fetched.",
            "Share the sheet with anyone who has the link."),
        Row(
            "IMAGE_FILE_NOT_ACCESSIBLE", .item,
            undecided: "Images are not fetched.",
            "Allow crawlers to download the image."),
        Row(
            "IMAGE_FILE_NOT_FOUND", .item,
            undecided: "Images are not fetched.",
            "Publish the image at the address in the feed."),
        Row(
            "IMAGE_INVALID_FILE", .item,
            undecided: "Images are not fetched.",
            "Publish the image as JPEG, PNG or WebP."),
        Row(
            "IMAGE_LEVEL_INTERNAL_ERROR", .item,
            undecided: "It is a failure of the platform's own service.",
            "Wait for the next ingestion."),
        Row(
            "IMAGE_MALFORMED_URL", .item,
            undecided: "It is raised when an image is fetched; IMAGE_LINK_INVALID says the same before.",
            "Write a complete public address that begins with https://."),
        Row(
            "LARGE_PRODUCT_COUNT_DECREASE", .feed,
            decided: "The feed has less than 1 % of the items of its last complete run, whose count the caller gives.",
            "Check that the export is complete; confirm it if the items are really gone."),
        Row(
            "LINE_LEVEL_INTERNAL_ERROR", .item,
            undecided: "It is a failure of the platform's own service.",
            "Wait for the next ingestion."),
    ]

    private static let warnings: [Row] = [
        Row(
            "AD_LINK_FORMAT_WARNING", .warning,
            decided: "ad_link is not an address that a crawler could fetch, or is too long.",
            "Write a complete public address that begins with https://."),
        Row(
            "AD_LINK_SAME_AS_LINK", .warning,
            decided: "ad_link equals link.",
            "Leave out ad_link where it is the same."),
        Row(
            "ADDITIONAL_IMAGE_LINK_LENGTH_TOO_LONG", .warning,
            decided: "A value of additional_image_link has more characters than allowed.",
            "Shorten the address."),
        Row(
            "ADDITIONAL_IMAGE_LINK_WARNING", .warning,
            decided: "A value of additional_image_link is not an address that a crawler could fetch.",
            "Write complete public addresses with commas between them."),
        Row(
            "ADWORDS_FORMAT_WARNING", .warning,
            decided: "adwords_redirect or ads_redirect is not an address that a crawler could fetch.",
            "Write a complete public address that begins with https://."),
        Row(
            "ADWORDS_SAME_AS_LINK", .warning,
            decided: "adwords_redirect or ads_redirect equals link.",
            "Leave it out where it is the same."),
        Row(
            "AGE_GROUP_INVALID", .warning,
            decided: "age_group is none of newborn, infant, toddler, kids, adult (or teen, all ages, which Meta has).",
            "Write one of newborn, infant, toddler, kids, adult."),
        Row(
            "ANDROID_DEEP_LINK_INVALID", .warning,
            decided: "The android deep link is no address with a scheme.",
            "Write a complete address such as shop://item/1."),
        Row(
            "AVAILABILITY_DATE_INVALID", .warning,
            decided: "availability_date is no date of ISO 8601.",
            "Write the date as 2026-11-28 or 2026-11-28T15:00+0100."),
        Row(
            "COUNTRY_DOES_NOT_MAP_TO_CURRENCY", .warning,
            decided:
                "The price's currency is not the usual one of the country: of the feed, else of the first shipping entry.",
            "Give the price in the currency of the country that is sold to."),
        Row(
            "CUSTOM_LABEL_LENGTH_TOO_LONG", .warning,
            decided: "A custom_label has more characters than allowed.",
            "Shorten the label."),
        Row(
            "DESCRIPTION_LENGTH_TOO_LONG", .warning,
            decided: "description has more characters than allowed.",
            "Shorten the description; the rest is cut off."),
        Row(
            "DUPLICATE_HEADERS", .warning,
            decided: "A name stands in the header twice, whatever its capitals.",
            "Take one of the columns out; the first one counts."),
        Row(
            "EXPIRATION_DATE_INVALID", .warning,
            decided: "expiration_date is no date of ISO 8601.",
            "Write the date as 2026-11-28 or 2026-11-28T15:00+0100."),
        Row(
            "FETCH_SAME_SIGNATURE", .warning,
            decided: "The caller gives the signature of the last run's feed, and this one has the same.",
            "Nothing needs to be done: the feed has not changed."),
        Row(
            "GENDER_INVALID", .warning,
            decided: "gender is none of male, female, unisex.",
            "Write male, female or unisex."),
        Row(
            "GTIN_INVALID", .warning,
            decided:
                "gtin has not 8, 12, 13 or 14 digits (or is no ISBN-10), its check digit is wrong, or its prefix is restricted.",
            "Copy the number from below the barcode, and store it as text so that no zeros are lost."),
        Row(
            "IMAGE_LINK_WARNING", .warning,
            decided:
                "image_link can be fetched, but has characters beyond ASCII or commas, or ends in something that is no image.",
            "Encode the address, and link to the image itself."),
        Row(
            "INCONSISTENT_CURRENCY_VALUES", .warning,
            decided: "price, sale_price, list_price and min_ad_price are not all of one currency.",
            "Use one currency for all prices of an item."),
        Row(
            "INDEXED_PRODUCT_COUNT_LARGE_DELTA", .warning,
            decided:
                "The number of items differs from the last complete run's, which the caller gives, by more than a share.",
            "Check that the export is complete."),
        Row(
            "IOS_DEEP_LINK_INVALID", .warning,
            decided: "The iOS deep link is no address with a scheme.",
            "Write a complete address such as shop://item/1."),
        Row(
            "IS_BUNDLE_INVALID", .warning,
            decided: "is_bundle is neither yes nor no.",
            "Write yes or no."),
        Row(
            "ITEM_ADDITIONAL_IMAGE_DOWNLOAD_FAILURE", .warning,
            undecided: "Images are not fetched.",
            "Check that the images can be downloaded without a login."),
        Row(
            "LINK_FORMAT_WARNING", .warning,
            decided:
                "A tracking parameter of link is empty, given twice, or none of the utm parameters that are known.",
            "Correct the utm parameters of the link."),
        Row(
            "MIN_AD_PRICE_INVALID", .warning,
            decided: "min_ad_price is no amount with a currency, or is ambiguous.",
            "Write the number with a point and the currency behind it, such as 9.99 EUR."),
        Row(
            "MPN_INVALID", .warning,
            decided:
                "mpn has more than 70 characters, or no letter and no digit, or is a word that stands for nothing.",
            "Write the manufacturer's part number, or leave it out."),
        Row(
            "MULTIPACK_INVALID", .warning,
            decided: "multipack is no whole number above 1.",
            "Write how many equal products are in the pack, or leave it out."),
        Row(
            "OPTIONAL_CONDITION_INVALID", .warning,
            decided: "condition is none of new, refurbished, used in any spelling that is known.",
            "Write new, refurbished or used."),
        Row(
            "OPTIONAL_CONDITION_MISSING", .warning,
            decided: "condition is missing.",
            "Add the condition: new, refurbished or used."),
        Row(
            "OPTIONAL_PRODUCT_CATEGORY_INVALID", .warning,
            decided:
                "google_product_category is neither a number nor a path whose first level is one of the taxonomy's 21.",
            "Use the number or the full path of the Google product taxonomy."),
        Row(
            "OPTIONAL_PRODUCT_CATEGORY_MISSING", .warning,
            decided: "google_product_category is missing.",
            "Add the category of the Google product taxonomy."),
        Row(
            "PRODUCT_CATEGORY_DEPTH_WARNING", .warning,
            decided:
                "google_product_category is a path of one or two levels, or the number of a top-level category. Of other numbers the depth is not known here.",
            "Choose a category of three levels or more."),
        Row(
            "PRODUCT_TYPE_LENGTH_TOO_LONG", .warning,
            decided: "A value of product_type has more characters than allowed.",
            "Shorten the path."),
        Row(
            "SALE_DATE_INVALID", .warning,
            decided:
                "sale_price_effective_date is not two dates of ISO 8601 with a slash between them, or ends before it starts.",
            "Write it as 2026-11-01T00:00+0100/2026-11-30T23:59+0100."),
        Row(
            "SALES_PRICE_INVALID", .warning,
            decided: "sale_price is no amount with a currency, or is ambiguous.",
            "Write the number with a point and the currency behind it, such as 9.99 EUR."),
        Row(
            "SALES_PRICE_TOO_HIGH", .warning,
            decided: "sale_price is above price, in the same currency.",
            "Lower the sale price, or leave it out."),
        Row(
            "SALES_PRICE_TOO_LOW", .warning,
            decided: "sale_price is below a share of price (10 % unless set otherwise), in the same currency.",
            "Check the decimal point of both prices."),
        Row(
            "SHIPPING_HEIGHT_INVALID", .warning,
            decided: "shipping_height is no number above zero with in or cm.",
            "Write it as 20 cm or 8 in."),
        Row(
            "SHIPPING_INVALID", .warning,
            decided:
                "An entry of shipping has an unknown country, a price that is no amount, or the wrong number of parts.",
            "Write it as country:region:service:price, such as US:CA:Ground:9.99 USD."),
        Row(
            "SHIPPING_WEIGHT_INVALID", .warning,
            decided: "shipping_weight is no number above zero with lb, oz, g or kg.",
            "Write it as 1.5 kg."),
        Row(
            "SHIPPING_WIDTH_INVALID", .warning,
            decided: "shipping_width is no number above zero with in or cm.",
            "Write it as 20 cm or 8 in."),
        Row(
            "SIZE_SYSTEM_INVALID", .warning,
            decided: "size_system is none of AU, BR, CN, DE, EU, FR, IT, JP, MEX, UK, US.",
            "Write one of the codes, such as EU."),
        Row(
            "SIZE_TYPE_INVALID", .warning,
            decided: "size_type is none of regular, petite, plus, tall, big, big and tall, maternity.",
            "Write one of them."),
        Row(
            "TAX_INVALID", .warning,
            decided:
                "An entry of tax has an unknown country, a rate that is no percentage, or the wrong number of parts.",
            "Write it as country:region:rate:tax_ship, such as US:CA:8.25:yes."),
        Row(
            "TITLE_LENGTH_TOO_LONG", .warning,
            decided: "title has more characters than allowed.",
            "Shorten the title; the rest is cut off."),
        Row(
            "TOO_MANY_ADDITIONAL_IMAGE_LINKS", .warning,
            decided: "additional_image_link has more values than allowed.",
            "Keep the best images; the rest is left out."),
        Row(
            "UPDATED_TIME_INVALID", .warning,
            decided: "updated_time is no date of ISO 8601.",
            "Write the time as 2026-11-28T15:00+0100."),
        Row(
            "UTM_SOURCE_AUTO_CORRECTED", .warning,
            undecided: "The platform corrects by a rule that is not published.",
            "Check utm_source in the link."),
        Row(
            "VIDEO_REQUIRED_WHEN_AD_VIDEO_PROVIDED", .warning,
            decided: "An ad_video attribute is present and video_link is not.",
            "Add video_link, or leave out the ad videos."),
        Row(
            "WEIGHT_UNIT_INVALID", .warning,
            decided: "weight_unit is none of lb, oz, g, kg.",
            "Write lb, oz, g or kg."),
    ]

    /// The seven codes of an ad image or an ad video; the limits are in the published descriptions.
    private static func media(_ kind: String, _ number: Int, linkLimit: Int) -> [Row] {
        let name = "AD_\(kind.uppercased())_\(number)"
        let link = "ad_\(kind)_\(number)_link"
        let tag = "ad_\(kind)_\(number)_tag"
        return [
            Row(
                "\(name)_LINK_DUPLICATED", .warning, decided: "\(link) equals the link of another ad \(kind).",
                "Use each \(kind) once."),
            Row(
                "\(name)_LINK_LENGTH_TOO_LONG", .warning, decided: "\(link) has more than \(linkLimit) characters.",
                "Shorten the address."),
            Row(
                "\(name)_LINK_REQUIRED", .warning, decided: "\(link) is missing and \(tag) is there.",
                "Add the link, or leave out the tag."),
            Row(
                "\(name)_LINK_WARNING", .warning, decided: "\(link) is not an address that a crawler could fetch.",
                "Write a complete public address that begins with https://."),
            Row(
                "\(name)_TAG_DUPLICATED", .warning, decided: "\(tag) equals the tag of another ad \(kind).",
                "Give each \(kind) a tag of its own."),
            Row(
                "\(name)_TAG_LENGTH_TOO_LONG", .warning, decided: "\(tag) has more than 511 characters.",
                "Shorten the tag."),
            Row(
                "\(name)_TAG_REQUIRED", .warning, decided: "\(tag) is missing and \(link) is there.",
                "Add the tag, or leave out the link."),
        ]
    }
}
