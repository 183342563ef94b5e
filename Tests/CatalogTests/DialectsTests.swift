import Testing

@testable import Catalog

/// The items of a feed.
func items(
    _ text: String, dialect: FeedDialect? = nil, defaults: FeedDefaults = FeedDefaults()
) throws -> [ItemAttributes] {
    var reader = FeedReader()
    var unifier = ItemUnifier(dialect: dialect, defaults: defaults)
    var row = FeedRow()
    var result: [ItemAttributes] = []
    var item = ItemAttributes()
    let bytes = Array(text.utf8)
    var index = 0
    while try reader.next(bytes.span, &index, into: &row) {
        #expect(row.fault == nil, "\(row.line)")
        unifier.unify(row, columns: reader.columns, into: &item)
        result.append(item)
    }
    while try reader.finish(into: &row) {
        unifier.unify(row, columns: reader.columns, into: &item)
        result.append(item)
    }
    return result
}

@Suite struct DialectTests {
    static let expected = ItemAttributes([
        .id: "DS0294-L", .title: "Women's denim shirt, large", .description: "Casual fit denim shirt.",
        .link: "https://www.shop.com/shirt?size=L&ref=a,b", .imageLink: "https://img.shop.com/1.jpg",
        .additionalImageLink: "https://img.shop.com/2.jpg\nhttps://img.shop.com/3.jpg", .price: "1249.90 EUR",
        .salePrice: "999.00 EUR", .salePriceEffectiveDate: "2026-11-01T11:00:00Z/2026-11-30T11:00:00Z",
        .availability: "in_stock", .inventory: "12", .condition: "new", .brand: "Acme", .gtin: "4006381333931",
        .googleProductCategory: "Apparel & Accessories > Clothing > Shirts", .itemGroupId: "DS0294", .gender: "female",
        .ageGroup: "adult", .color: "blue", .size: "L", .shipping: "DE::Standard:4.90 EUR",
    ])

    static let google = """
        <?xml version="1.0" encoding="UTF-8"?>
        <rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><title>x</title><item>
        <g:id>DS0294-L</g:id><title>Women&apos;s denim shirt, large</title>
        <description><![CDATA[Casual  fit
        denim shirt.]]></description>
        <link>https://www.shop.com/shirt?size=L&amp;ref=a,b</link><g:image_link>https://img.shop.com/1.jpg</g:image_link>
        <g:additional_image_link>https://img.shop.com/2.jpg</g:additional_image_link>
        <g:additional_image_link>https://img.shop.com/3.jpg</g:additional_image_link>
        <g:price>1249.90 EUR</g:price><g:sale_price>999.00 EUR</g:sale_price>
        <g:sale_price_effective_date>2026-11-01T12:00+0100/2026-11-30T12:00+0100</g:sale_price_effective_date>
        <g:availability>in_stock</g:availability><g:inventory>12</g:inventory><g:condition>new</g:condition>
        <g:brand>Acme</g:brand><g:gtin>4006381333931</g:gtin>
        <g:google_product_category>Apparel &amp; Accessories &gt; Clothing &gt; Shirts</g:google_product_category>
        <g:item_group_id>DS0294</g:item_group_id><g:gender>female</g:gender><g:age_group>adult</g:age_group>
        <g:color>blue</g:color><g:size>L</g:size>
        <g:shipping><g:service>Standard</g:service><g:country>DE</g:country><g:price>4.90 EUR</g:price></g:shipping>
        </item></channel></rss>
        """

    static let meta = """
        id;title;description;availability;condition;price;link;image[0].url;image[1].url;image[2].url;brand;\
        fb_product_category;quantity_to_sell_on_facebook;sale_price;sale_price_effective_date;item_group_id;gender;color;size;\
        age_group;GTIN;shipping
        DS0294-L;Women's denim shirt, large;" Casual fit denim shirt. ";in stock;New;1.249,90 EUR;\
        https://www.shop.com/shirt?size=L&ref=a,b;https://img.shop.com/1.jpg;https://img.shop.com/2.jpg;\
        https://img.shop.com/3.jpg;Acme;Apparel & Accessories>Clothing>Shirts;12;EUR 999;\
        2026-11-01T12:00+01:00/2026-11-30T12:00+01:00;DS0294;Female;blue;L;Adult;4006381 333931;DE::Standard:4,90 EUR

        """

    static let pinterest = """
        item_id\ttitle\tdescription\tlink\timage_link\tadditional_image_link\tprice\tsale_price\tsale_price_effective_date\t\
        availability\tinventory\tcondition\tbrand\tgtin\tgoogle_product_category\titem_group_id\tgender\tage_group\tcolor\tsize\t\
        shipping(country:service:price)\tvariant_names
        DS0294-L\tWomen's denim shirt, large\tCasual\\nfit denim shirt.\thttps://www.shop.com/shirt?size=L&ref=a,b\t\
        HTTPS://IMG.shop.com/1.jpg\thttps://img.shop.com/2.jpg, https://img.shop.com/3.jpg\tEUR1,249.90\t999.0EUR\t\
        2026-11-01T11:00Z/2026-11-30T11:00Z\tIn Stock\t12.0\tNEW\tAcme\t04006381333931\t\
        Apparel & Accessories > Clothing > Shirts\tDS0294\tFEMALE\tadult\tblue\tL\tDE:Standard:4.90 EUR\t

        """

    static let json = #"""
        {"offerId": "DS0294-L", "title": "Women's denim shirt, large", "description": "Casual fit denim shirt.", "link": "https://www.shop.com/shirt?size=L&ref=a,b", "image": [{"url": "https://img.shop.com/1.jpg"}, {"url": "https://img.shop.com/2.jpg"}, {"url": "https://img.shop.com/3.jpg"}], "price": {"value": "1249.90", "currency": "EUR"}, "salePrice": {"value": 999, "currency": "EUR"}, "salePriceEffectiveDate": "2026-11-01T11:00:00Z/2026-11-30T11:00:00Z", "availability": "https://schema.org/InStock", "inventory": 12, "condition": "new", "brand": "Acme", "gtin": "4006381333931", "googleProductCategory": "Apparel & Accessories > Clothing > Shirts", "itemGroupId": "DS0294", "gender": "female", "ageGroup": "adult", "color": "blue", "sizes": ["L"], "shipping": [{"country": "DE", "service": "Standard", "price": {"value": "4.90", "currency": "EUR"}}]}
        """#

    @Test(arguments: [google, meta, pinterest, json])
    func theSameItemInEveryDialectIsTheSame(_ feed: String) throws {
        #expect(try items(feed) == [DialectTests.expected])
    }

    @Test func dialectsAreRecognised() {
        func dialect(_ feed: String) -> FeedDialect {
            FeedDialect.recognise(columns: ReadFeed(feed).columns)
        }
        #expect(dialect(DialectTests.google) == .meta || dialect(DialectTests.google) == .google)
        #expect(dialect(DialectTests.meta) == .meta)
        #expect(dialect(DialectTests.pinterest) == .pinterest)
        #expect(FeedDialect.recognise(columns: ["g:id", "title", "g:price"]) == .google)
        #expect(FeedDialect.recognise(columns: []) == .google)
        #expect(FeedDialect.recognise(columns: ["id", "ads_redirect"]) == .google)
        #expect(FeedDialect.recognise(columns: ["id", "ad_image_0_link"]) == .pinterest)
    }

    @Test func namesAreFolded() {
        for name in [
            "image_link", "Image Link", "IMAGE_LINK", "imageLink", "g:image_link", "image-link", " image link",
        ] {
            #expect(ColumnName(name).base == "image_link", "\(name)")
        }
        #expect(ColumnName("custom_label_0").base == "custom_label_0")
        #expect(ColumnName("image[2].url").index == 2 && ColumnName("image[2].url").member == "url")
        #expect(ColumnName("shipping(country:price)").order == ["country", "price"])
        #expect(ColumnName("shipping.price").member == "price")
    }

    @Test func partsInColumnsOfTheirOwn() throws {
        let feed =
            "id,shipping(country),shipping(price),tax(country:region:rate)\n1,de,\"4,90 EUR\",\"US:CA:8.25,US:NY:4\"\n"
        #expect(
            try items(feed) == [
                ItemAttributes([.id: "1", .shipping: "DE:::4.90 EUR", .tax: "US:CA:8.25:\nUS:NY:4:"])
            ])
    }

    @Test func wrongValuesStayAsTheyAre() throws {
        let feed = "id,price,availability,gtin,unknown_column\n1, about  9 ,perhaps,123,x\n"
        #expect(
            try items(feed) == [ItemAttributes([.id: "1", .price: "about 9", .availability: "perhaps", .gtin: "123"])])
    }

    @Test func firstOfTwoColumnsCounts() throws {
        #expect(try items("id,title,title\n1,a,b\n") == [ItemAttributes([.id: "1", .title: "a"])])
        #expect(try items("id,product_type,product_type\n1,a,b\n")[0].values(of: .productType) == ["a", "b"])
    }

    @Test func defaultCurrency() throws {
        let defaults = FeedDefaults(currency: Currency("GBP"))
        #expect(try items("id,price\n1,9.5\n", defaults: defaults)[0][.price] == "9.50 GBP")
    }

    @Test func whereAValueCameFrom() throws {
        var reader = FeedReader()
        var unifier = ItemUnifier()
        var row = FeedRow()
        var item = ItemAttributes()
        let bytes = Array("title,junk,id\na,x,1\n".utf8)
        var index = 0
        #expect(try reader.next(bytes.span, &index, into: &row))
        unifier.unify(row, columns: reader.columns, into: &item)
        #expect(unifier.cell(of: .title) == 0 && unifier.cell(of: .id) == 2 && unifier.cell(of: .price) == nil)
        #expect(unifier.unknownColumns(reader.columns) == ["junk"])
        #expect(unifier.knownAttributes == AttributeSet([.title, .id]))
    }

    @Test func aliasesAreFoldedNamesOfTheirOwn() {
        for (name, _) in ColumnMapping.aliases {
            #expect(ColumnName.fold(name) == name && Attribute(name: name) == nil, "\(name)")
        }
    }
}
