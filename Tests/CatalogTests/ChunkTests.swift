import Testing

@testable import Catalog

/// Where chunks end makes no difference, whatever the feed: good ones, and good ones with bytes changed, taken out or
/// doubled.
@Suite struct ChunkTests {
    private static let feeds: [(String, [UInt8])] = [
        (
            "csv",
            Array(
                "\r\nid,title,\"p, q\"\r\n1,\"a \"\"b\"\" c\",9 EUR\r\n\r\n2, \"x\r\ny\" ,\n3,12\" m,\r4,a,b,c\n5,ä☃😀,x\r\n"
                    .utf8)
        ),
        ("tsv", Array("id\tt\n1\ta\\tb\\\\\n2\t\"q\tr\"\n3\tx\\\n".utf8)),
        ("xml", Array(XMLFeedTests.rss.utf8)),
        (
            "json",
            Array(
                "{\"id\":\"1\",\"a\":[1,{\"b\":\"\\u00e4\\ud83d\\ude00\"}]}\r\n\n{bad}\n{\"id\": \"2ä☃\", \"x\": null}"
                    .utf8)
        ),
        (
            "utf16",
            [0xFF, 0xFE]
                + Array("id;t\n1;ä😀\n".utf16).flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        ),
        (
            "latin",
            Array("<?xml version='1.0' encoding='iso-8859-1'?><rss><item><id>".utf8) + [0xE4, 0x80]
                + Array("</id></item></rss>".utf8)
        ),
    ]

    @Test(arguments: 0..<6)
    func oneByteAtATime(_ index: Int) {
        let (_, bytes) = ChunkTests.feeds[index]
        let whole = ReadFeed(bytes)
        #expect(!whole.rows.isEmpty && whole.error == nil)
        #expect(ReadFeed(bytes, chunk: { 1 }) == whole)
        for size in 2..<40 { #expect(ReadFeed(bytes, chunk: { size }) == whole) }
    }

    @Test(arguments: 0..<6)
    func damagedFeedsInRandomChunks(_ index: Int) {
        var random = SeededGenerator(seed: UInt64(index) + 100)
        let (name, original) = ChunkTests.feeds[index]
        let interesting: [UInt8] = Array("\"\r\n,;\\<>&![]-?/{}: \tx".utf8) + [0, 0x1F, 0x80, 0xC3, 0xFF]
        var limits = FeedLimits()
        for round in 0..<400 {
            var bytes = original
            for _ in 0..<Int.random(in: 0...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes.remove(at: place)
                case 1: bytes.insert(interesting.randomElement(using: &random)!, at: place)
                case 2: bytes[place] = interesting.randomElement(using: &random)!
                default: bytes.removeLast(bytes.count - place)
                }
            }
            limits.rowBytes = round % 3 == 0 ? Int.random(in: 1...30, using: &random) : 1 << 20
            limits.headerBytes = round % 5 == 0 ? Int.random(in: 1...30, using: &random) : 1 << 16
            let whole = ReadFeed(bytes, limits: limits)
            let cut = ReadFeed(bytes, limits: limits, chunk: { Int.random(in: 1...9, using: &random) })
            #expect(whole == cut, "\(name), round \(round): \(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
