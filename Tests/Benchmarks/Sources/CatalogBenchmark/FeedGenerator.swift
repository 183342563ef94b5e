/// Rows of a feed as merchants send them, about 500 bytes each, the same for the same seed.
struct FeedGenerator {
    enum Form: String { case csv, xml, json }

    let form: Form
    private var state: UInt64 = 42
    private var number = 0

    init(form: Form) { self.form = form }

    private static let names: [StaticString] = [
        "id", "title", "description", "link", "image_link", "additional_image_link", "price", "sale_price",
        "availability",
        "condition", "brand", "gtin", "mpn", "google_product_category", "product_type", "item_group_id", "color",
        "size",
        "gender", "age_group", "shipping", "custom_label_0",
    ]
    private static let words = [
        "denim", "shirt", "jacket", "summer", "cotton", "slim", "fit", "wool", "running", "shoe", "leather", "bag",
        "light",
        "outdoor", "classic", "kids", "réglable", "größe", "pack", "stretch", "organic", "vintage", "water", "proof",
    ]

    var header: [UInt8] {
        switch form {
        case .csv: Array(Self.names.map { "\($0)" }.joined(separator: ",").utf8) + [10]
        case .xml:
            Array(
                "<?xml version=\"1.0\"?><rss xmlns:g=\"http://base.google.com/ns/1.0\"><channel><title>Shop</title>\n"
                    .utf8)
        case .json: []
        }
    }

    var footer: [UInt8] { form == .xml ? Array("</channel></rss>\n".utf8) : [] }

    // SplitMix64.
    private mutating func random(_ bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((value ^ (value >> 31)) % UInt64(bound))
    }

    private mutating func text(_ count: Int) -> String {
        (0..<count).map { _ in Self.words[random(Self.words.count)] }.joined(separator: " ")
    }

    private func checked(_ twelve: Int) -> String {
        let digits = String(twelve + 1_000_000_000_000).dropFirst().utf8.map { Int($0) - 48 }
        let sum = digits.enumerated().reduce(0) { $0 + $1.element * ($1.offset % 2 == 0 ? 1 : 3) }
        return digits.map(String.init).joined() + String((10 - sum % 10) % 10)
    }

    /// Appends the next row. One in 50 has a mistake.
    mutating func append(to bytes: inout [UInt8]) {
        number += 1
        let cents = 500 + random(20_000)
        let price = "\(cents / 100).\(cents % 100 / 10)\(cents % 10) EUR"
        let base = "https://www.shop.com/products/\(number)"
        let values = [
            "SKU-\(number)", text(6), text(18), "\(base)?variant=\(random(9))",
            "https://cdn.shop.com/img/\(number)/main.jpg",
            random(2) == 0 ? "" : "https://cdn.shop.com/img/\(number)/a.jpg,https://cdn.shop.com/img/\(number)/b.jpg",
            random(50) == 0 ? "on request" : price, random(3) == 0 ? "\(cents / 130).99 EUR" : "",
            random(4) == 0 ? "out of stock" : "in stock", "new", "Acme \(random(50))",
            checked(400_000_000_000 + number), "MPN\(number)", "Apparel & Accessories > Clothing > Shirts & Tops",
            "Home > Women > \(text(2))", "GROUP-\(number / 4)", "blue", "M", "female", "adult", "DE::Standard:4.90 EUR",
            "label \(random(5))",
        ]
        switch form {
        case .csv: appendCSV(values, &bytes)
        case .xml: appendXML(values, &bytes)
        case .json: appendJSON(values, &bytes)
        }
    }

    private func appendCSV(_ values: [String], _ bytes: inout [UInt8]) {
        for (index, value) in values.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            // Descriptions and lists are quoted.
            let isQuoted = index == 2 || value.utf8.contains(UInt8(ascii: ","))
            if isQuoted { bytes.append(UInt8(ascii: "\"")) }
            bytes.append(contentsOf: value.utf8)
            if isQuoted { bytes.append(UInt8(ascii: "\"")) }
        }
        bytes.append(10)
    }

    private func appendXML(_ values: [String], _ bytes: inout [UInt8]) {
        bytes.append(contentsOf: "<item>".utf8)
        for (name, value) in zip(Self.names, values) where !value.isEmpty {
            bytes.append(contentsOf: "<g:\(name)>".utf8)
            for byte in value.utf8 {
                switch byte {
                case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
                case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
                default: bytes.append(byte)
                }
            }
            bytes.append(contentsOf: "</g:\(name)>".utf8)
        }
        bytes.append(contentsOf: "</item>\n".utf8)
    }

    private func appendJSON(_ values: [String], _ bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in zip(Self.names, values) where !value.isEmpty {
            bytes.append(contentsOf: "\(isFirst ? "" : ",")\"\(name)\":\"\(value)\"".utf8)
            isFirst = false
        }
        bytes.append(contentsOf: "}\n".utf8)
    }
}
