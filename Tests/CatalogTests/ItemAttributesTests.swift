import Testing

@testable import Catalog

@Suite struct ItemAttributesTests {
    @Test func everyAttributeHasAnOwnName() {
        #expect(AttributeTable.rows.count == Attribute.allCases.count)
        #expect(Set(Attribute.allCases.map(\.name)).count == Attribute.allCases.count)
        for attribute in Attribute.allCases {
            #expect(Attribute(name: attribute.name) == attribute)
            // The case is the name in camel case: a row that slipped in the table shows here.
            let joined = attribute.name.split(separator: "_").joined().lowercased()
            #expect(joined == "\(attribute)".lowercased())
        }
        #expect(Attribute(name: "colour") == nil)
    }

    @Test func numberedAttributes() {
        #expect(Attribute.adImageLink(0).name == "ad_image_0_link")
        #expect(Attribute.adImageLink(19).name == "ad_image_19_link")
        #expect(Attribute.adImageTag(7).name == "ad_image_7_tag")
        #expect(Attribute.adVideoTag(2).name == "ad_video_2_tag")
        #expect(Attribute.customLabel(4).name == "custom_label_4")
        #expect(Attribute.adImageLink(3).group == .media)
    }

    @Test func groupsShareNothingAndLeaveNothingOut() {
        var seen = AttributeSet()
        for group in AttributeGroup.allCases {
            #expect(seen.intersection(group.attributes).isEmpty)
            for attribute in group.attributes { seen.insert(attribute) }
        }
        #expect(seen.count == Attribute.allCases.count)
        #expect(Attribute.price.group == .price && Attribute.availability.group == .stock)
        #expect(Attribute.imageLink.group == .media && Attribute.shipping.group == .shipping)
    }

    @Test func anyOrderOfSettingGivesTheSameItem() {
        var random = SeededGenerator(seed: 7)
        let all = Attribute.allCases
        for _ in 0..<200 {
            var texts: [Attribute: String] = [:]
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                texts[all.randomElement(using: &random)!] = String(
                    repeating: "ä", count: .random(in: 0..<9, using: &random))
            }
            let item = ItemAttributes(texts)
            var other = ItemAttributes()
            for attribute in all.shuffled(using: &random) {
                other[attribute] = "to be replaced"
                other[attribute] = texts[attribute]
            }
            #expect(item == other)
            #expect(item.hashValue == other.hashValue)
            for attribute in all {
                let expected = texts[attribute].flatMap { $0.isEmpty ? nil : $0 }
                #expect(other[attribute] == expected)
            }
            #expect(Array(item.present) == texts.filter { !$0.value.isEmpty }.keys.sorted())
        }
    }

    @Test func filterByGroup() {
        let item = ItemAttributes([.id: "1", .price: "9.99 EUR", .salePrice: "8 EUR", .shipping: "DE:::1 EUR"])
        #expect(item.filtered(.price) == ItemAttributes([.price: "9.99 EUR", .salePrice: "8 EUR"]))
        #expect(item.filtered(.media).isEmpty)
        #expect(item != ItemAttributes([.id: "1"]))
    }
}

/// The same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    // SplitMix64 (Steele, Lea, Flood, 2014).
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
