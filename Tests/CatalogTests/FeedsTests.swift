import Testing

@testable import Catalog

/// A feed as it was read: its rows as column=value, what was wrong with them, and how it ended.
struct ReadFeed: Equatable {
    var rows: [[String]] = []
    var places: [String] = []
    var faults: [RowFault] = []
    var lines: [Int] = []
    var columns: [String] = []
    var error: FeedError?

    init(
        _ bytes: [UInt8], format: FeedFormat = .automatic, encoding: FeedEncoding = .automatic,
        limits: FeedLimits = FeedLimits(), chunk: () -> Int = { .max }
    ) {
        var reader = FeedReader(format: format, encoding: encoding, limits: limits)
        var row = FeedRow()
        do throws(FeedError) {
            var start = 0
            while start < bytes.count {
                let size = min(chunk(), bytes.count - start)
                let part = Array(bytes[start..<start + size])
                var index = 0
                while try reader.next(part.span, &index, into: &row) { add(row, reader) }
                precondition(index == part.count)
                start += size
            }
            while try reader.finish(into: &row) { add(row, reader) }
        } catch { self.error = error }
        columns = reader.columns
    }

    init(_ text: String, format: FeedFormat = .automatic, limits: FeedLimits = FeedLimits()) {
        self.init(Array(text.utf8), format: format, limits: limits)
    }

    private mutating func add(_ row: FeedRow, _ reader: FeedReader) {
        precondition(row.number == lines.count + 1)
        lines.append(row.line)
        if let fault = row.fault {
            precondition(row.cells.isEmpty)
            faults.append(fault)
            return
        }
        rows.append(row.cells.map { "\(reader.columns[Int($0.column)])=\(row.string($0))" })
        places += row.cells.map { "\($0.line):\($0.position)" }
    }
}

@Suite struct DelimitedFeedTests {
    @Test func quotesAsRFC4180HasThem() {
        let feed = ReadFeed("id,title\r\n1,\"a, \"\"b\"\"\r\nc\"\r\n2,plain\r\n")
        #expect(feed.rows == [["id=1", "title=a, \"b\"\r\nc"], ["id=2", "title=plain"]])
        #expect(feed.places == ["2:1", "2:3", "4:1", "4:3"])
        #expect(feed.lines == [2, 4] && feed.error == nil)
    }

    @Test func quotesAsMerchantsHaveThem() {
        #expect(ReadFeed("id,t\n1,12\" monitor\n").rows == [["id=1", "t=12\" monitor"]])
        #expect(ReadFeed("id,t\n1,\"a \"big\" one\"\n").rows == [["id=1", "t=a \"big\" one"]])
        #expect(ReadFeed("id,t\n1, \"a, b\" \n").rows == [["id=1", "t=a, b"]])
        #expect(ReadFeed("id,t\n1,\"\"\n2,\"\"\"\"\n").rows == [["id=1"], ["id=2", "t=\""]])
        #expect(ReadFeed("id,t\n1,\"12\" x 14\" frame\"\n").rows == [["id=1", "t=12\" x 14\" frame"]])
    }

    @Test(arguments: ["\n", "\r\n", "\r"])
    func lineEnds(_ end: String) {
        let text = ["id,t", "1,a", "", "2,\"x", "y\"", "", "3,c"].joined(separator: end)
        let feed = ReadFeed(text)
        #expect(feed.rows == [["id=1", "t=a"], ["id=2", "t=x\(end)y"], ["id=3", "t=c"]])
        #expect(feed.lines == [2, 4, 7])
    }

    @Test(arguments: [",", ";", "|", "\t"])
    func delimiterIsFound(_ delimiter: String) {
        let text =
            ["id", "title", "price"].joined(separator: delimiter) + "\n"
            + ["1", "a", "9 EUR"].joined(separator: delimiter)
        #expect(ReadFeed(text).rows == [["id=1", "title=a", "price=9 EUR"]])
    }

    @Test func delimiterIsNotFoundWithinQuotes() {
        #expect(ReadFeed("\"id, or, so, on\";t\n1;2").columns == ["id, or, so, on", "t"])
        #expect(ReadFeed("sep=|\nid|t\n1|2,3,4\n").rows == [["id=1", "t=2,3,4"]])
    }

    @Test func byteOrderMarkAndEmptyLinesInFront() {
        let feed = ReadFeed([0xEF, 0xBB, 0xBF] + Array("\r\n\nid,t\n\n1,ä\n\n".utf8))
        #expect(feed.columns == ["id", "t"] && feed.rows == [["id=1", "t=ä"]] && feed.lines == [5])
    }

    @Test func escapesOfTSV() {
        #expect(ReadFeed("id\tt\n1\ta\\tb\\n\\\\c\\d\n", format: .tsv).rows == [["id=1", "t=a\tb\n\\c\\d"]])
        #expect(ReadFeed("id\tt\n1\t\"a\tb\"\n", format: .tsv).rows == [["id=1", "t=a\tb"]])
        #expect(ReadFeed("id,t\n1,a\\tb\n").rows == [["id=1", "t=a\\tb"]])
        #expect(ReadFeed("id\tt\n1\tend\\", format: .tsv).rows == [["id=1", "t=end\\"]])
    }

    @Test func numberOfFields() {
        let feed = ReadFeed("id,t,u\n1,a\n2,a,b,c\n3,a,b,,\n4,,\n5,a,b")
        #expect(feed.rows == [["id=3", "t=a", "u=b"], ["id=4"], ["id=5", "t=a", "u=b"]])
        #expect(feed.faults.map(\.reason) == [.tooFewFields, .tooManyFields])
        #expect(feed.faults[1] == RowFault(reason: .tooManyFields, line: 3, column: 7))
        #expect(feed.lines == [2, 3, 4, 5, 6])
    }

    @Test func anOpenQuoteEndsWithTheFile() {
        let feed = ReadFeed("id,t\n1,a\n2,\"open\n3,c\n")
        #expect(feed.rows == [["id=1", "t=a"]])
        #expect(feed.faults == [RowFault(reason: .quoteOpen, line: 3, column: 3)])
    }

    @Test func aRowThatIsTooLongIsLeftOut() {
        var limits = FeedLimits()
        limits.rowBytes = 20
        let feed = ReadFeed("id,t\n1,\(String(repeating: "x", count: 40))\n2,b\n", limits: limits)
        #expect(feed.faults == [RowFault(reason: .tooLong, line: 2, column: 1)] && feed.rows == [["id=2", "t=b"]])
        let exact = ReadFeed("id,t\n1,\(String(repeating: "x", count: 19))\n2,b\n", limits: limits)
        #expect(exact.faults.isEmpty && exact.rows.count == 2)
    }

    @Test func headerErrors() {
        #expect(ReadFeed("").error?.reason == .empty)
        #expect(ReadFeed("just a line of prose\nand another\n").error?.reason == .noDelimiter)
        #expect(ReadFeed("id,\"t\n1,2\n").error?.reason == .headerQuoteOpen)
        var limits = FeedLimits()
        limits.columns = 2
        #expect(ReadFeed("a,b,c\n", limits: limits).error?.reason == .tooManyColumns)
        limits.headerBytes = 10
        #expect(ReadFeed("abcdefghijkl,b\n", limits: limits).error?.reason == .headerTooLong)
        #expect(ReadFeed("id,t").columns == ["id", "t"])
    }

    @Test func repeatedColumnsAreNamed() {
        var reader = FeedReader(format: .csv)
        var row = FeedRow()
        var index = 0
        let bytes = Array("id,title,ID,,,title\n1,2,3,4,5,6\n".utf8)
        #expect(throws: Never.self) { _ = try reader.next(bytes.span, &index, into: &row) }
        #expect(reader.repeatedColumns == ["ID", "title"])
        #expect(row.cells.count == 6)
    }
}

@Suite struct EncodingTests {
    static let csv = "id,title\n1,größe ☃ 😀\n"
    static let expected = [["id=1", "title=größe ☃ 😀"]]

    @Test func utf16() {
        let units = Array(EncodingTests.csv.utf16)
        let little: [UInt8] =
            [0xFF, 0xFE] + units.flatMap { unit -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        let big: [UInt8] = [0xFE, 0xFF] + units.flatMap { unit -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
        #expect(ReadFeed(little).rows == EncodingTests.expected)
        #expect(ReadFeed(big).rows == EncodingTests.expected)
        #expect(ReadFeed(Array(little.dropFirst(2))).error?.reason == .utf16WithoutMark)
        #expect(ReadFeed(Array(little.dropLast())).error?.reason == .invalidUTF16)
        #expect(ReadFeed([0xFF, 0xFE, 0x00, 0xDC, 0x41, 0x00]).error?.reason == .invalidUTF16)
    }

    @Test func latin1() {
        let bytes = Array("id,title\n1,gr".utf8) + [0xF6, 0xDF, 0x65, 0x20, 0x80] + Array("\n".utf8)
        #expect(ReadFeed(bytes).error == FeedError(.notUTF8, line: 2, column: 3))
        #expect(ReadFeed(bytes, encoding: .latin1).rows == [["id=1", "title=größe €"]])
        let xml =
            Array("<?xml version=\"1.0\" encoding='ISO-8859-1'?><rss><item><id>".utf8) + [0xE4]
            + Array("</id></item></rss>".utf8)
        #expect(ReadFeed(xml).rows == [["id=ä"]])
    }

    @Test func oneBadRowOfAFeedThatIsUTF8() {
        let bytes = Array("id,title\n1,ä\n2,".utf8) + [0xE4] + Array("\n3,c\n".utf8)
        let feed = ReadFeed(bytes)
        #expect(feed.rows == [["id=1", "title=ä"], ["id=3", "title=c"]])
        #expect(feed.faults == [RowFault(reason: .notUTF8, line: 3, column: 3)] && feed.error == nil)
    }

    @Test(
        arguments: [
            ([0x1F, 0x8B, 8, 0], FeedError.Reason.compressed), ([0x28, 0xB5, 0x2F, 0xFD], .compressed),
            ([0x50, 0x4B, 3, 4], .spreadsheet), ([0xD0, 0xCF, 0x11, 0xE0], .spreadsheet), ([0, 0, 0xFE, 0xFF], .utf32),
            (Array("  <!DOCTYPE html><html></html>".utf8), .webPage), (Array("<html lang=en>".utf8), .webPage),
            (Array("<?xml version='1.0' encoding='Shift_JIS'?><rss/>".utf8), .encodingUnsupported),
            (Array("[{\"id\":1}]".utf8), .jsonArray),
        ] as [([UInt8], FeedError.Reason)])
    func notAFeed(_ bytes: [UInt8], _ reason: FeedError.Reason) {
        #expect(ReadFeed(bytes).error?.reason == reason)
    }

    @Test func everyErrorSaysWhatToDo() {
        #expect(Set(FeedError.Reason.allCases.map { FeedError($0).message }).count == FeedError.Reason.allCases.count)
        let faults = RowFault.Reason.allCases.map { RowFault(reason: $0, line: 1, column: 1).message }
        #expect(Set(faults).count == faults.count)
    }
}

@Suite struct XMLFeedTests {
    static let rss = """
        <?xml version="1.0" encoding="UTF-8"?>
        <!-- made by hand -- >> -->
        <rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">
          <channel>
            <title>Shop &amp; Co</title>
            <item>
              <g:id>1</g:id>
              <title><![CDATA[Red <shoes> ]] ]]]></title>
              <g:price>9.99 EUR</g:price>
              <link>https://a.de/?a=1&amp;b=2&#x41;&#66;</link>
              <g:shipping>
                <g:country>DE</g:country>
                <g:price>4.90 EUR</g:price>
              </g:shipping>
              <g:shipping><g:country>AT</g:country></g:shipping>
              <g:color/>
            </item>
          </channel>
        </rss>
        """

    @Test func rss() {
        let feed = ReadFeed(XMLFeedTests.rss)
        #expect(feed.error == nil)
        #expect(
            feed.rows == [
                [
                    "g:id=1", "title=Red <shoes> ]] ]", "g:price=9.99 EUR", "link=https://a.de/?a=1&b=2AB",
                    "g:shipping=country\u{1F}DE\u{1E}price\u{1F}4.90 EUR\u{1E}", "g:shipping=country\u{1F}AT\u{1E}",
                ]
            ])
        #expect(feed.lines == [6] && feed.places.prefix(3) == ["7:13", "8:14", "9:16"])
        #expect(feed.columns == ["g:id", "title", "g:price", "link", "g:shipping", "g:color"])
    }

    @Test func atomAndOtherPrefixes() {
        let feed = ReadFeed(
            """
            <feed xmlns="http://www.w3.org/2005/Atom" xmlns:goo='http://base.google.com/ns/1.0'>
            <entry><goo:id>1</goo:id><link href="https://a.de/?x=1&amp;y=2" rel="alternate"/><summary>s</summary></entry>
            <entry><goo:id>2</goo:id></entry></feed>
            """)
        #expect(feed.rows == [["g:id=1", "link=https://a.de/?x=1&y=2", "summary=s"], ["g:id=2"]] && feed.error == nil)
    }

    @Test(arguments: [
        ("<rss><item><id>1</item></rss>", FeedError.Reason.mismatchedTag, 1, 17),
        ("<rss>\n<item><id>1</id></item>\n</channel></rss>", .mismatchedTag, 3, 1),
        ("<rss><item><id>a & b</id></item></rss>", .badEntity, 1, 18),
        ("<rss><item><id>&nbsp;</id></item></rss>", .badEntity, 1, 16),
        ("<rss><item><id>&#xD800;</id></item></rss>", .badEntity, 1, 16),
        ("<rss><item><id>1 < 2</id></item></rss>", .badTag, 1, 18),
        ("<rss><item a=1></item></rss>", .badTag, 1, 6), ("<rss><item a></item></rss>", .badTag, 1, 6),
        ("<rss><1/></rss>", .badTag, 1, 6), ("<rss></rss><rss></rss>", .badTag, 1, 12),
        ("<rss></rss>text", .textOutsideRoot, 1, 12), ("<rss><item><id>1</id>", .unexpectedEnd, 1, 22),
        ("<rss><!-- ", .unexpectedEnd, 1, 11), ("<!DOCTYPE rss [<!ENTITY a \"b\">]><rss/>", .documentType, 1, 1),
        ("<products><product/></products>", .notRSSOrAtom, 1, 1), ("<?xml version='1.0'?>", .empty, 1, 22),
    ])
    func malformed(_ text: String, _ reason: FeedError.Reason, _ line: Int, _ column: Int) {
        #expect(ReadFeed(text).error == FeedError(reason, line: line, column: column))
    }

    @Test func rowsBeforeAnErrorAreRead() {
        let feed = ReadFeed("<rss><item><id>1</id></item><item><id>2</item></rss>")
        #expect(feed.rows == [["id=1"]] && feed.error?.reason == .mismatchedTag)
    }

    @Test func limits() {
        var limits = FeedLimits()
        limits.depth = 5
        let deep = "<rss><channel><item><a><b>1</b></a></item></channel></rss>"
        #expect(ReadFeed(deep, limits: limits).rows == [["a=b\u{1F}1\u{1E}"]])
        limits.depth = 4
        #expect(ReadFeed(deep, limits: limits).error?.reason == .tooDeep)
        limits = FeedLimits()
        limits.rowBytes = 10
        let long = "<rss><item><id>12345678901</id><b>x</b></item><item><id>2</id></item></rss>"
        #expect(ReadFeed(long, limits: limits).faults == [RowFault(reason: .tooLong, line: 1, column: 1)])
        #expect(ReadFeed(long, limits: limits).rows == [["id=2"]])
        limits.columns = 1
        #expect(ReadFeed(long, limits: limits).error?.reason == .tooManyColumns)
        limits.headerBytes = 10
        #expect(ReadFeed("<rss><item a='0123456789'></item></rss>", limits: limits).error?.reason == .badTag)
    }

    @Test func commentsAndSpacesBetweenParts() {
        let feed = ReadFeed(
            "<rss><item><s> <!-- x --> <a>1</a> \n <b><![CDATA[2]]></b> </s><t>x<!-- y -->z</t ></item></rss>")
        #expect(feed.rows == [["s=a\u{1F}1\u{1E}b\u{1F}2\u{1E}", "t=xz"]])
    }
}

@Suite struct JSONLinesFeedTests {
    @Test func scalarsAndArrays() {
        let feed = ReadFeed(
            """
            {"id": "1", "n": 9.50, "yes": true, "none": null, "list": ["a", "b", 3], "empty": [], "e": {}}

              {"id":"ü\\u00e4\\ud83d\\ude00\\n\\"\\/"}
            {}
            """)
        #expect(feed.error == nil)
        #expect(
            feed.rows == [
                ["id=1", "n=9.50", "yes=true", "list=a", "list=b", "list=3"], ["id=üä😀\n\"/"], [],
            ])
        #expect(feed.places.prefix(2) == ["1:8", "1:18"] && feed.lines == [1, 3, 4])
    }

    @Test func objects() {
        let feed = ReadFeed(
            #"{"image": [{"url": "u1", "tag": ["x", "y"]}, {"url": "u2"}], "shipping": {"country": "DE", "price": {"value": 5, "currency": "EUR"}}}"#
        )
        #expect(
            feed.rows == [
                [
                    "image=url\u{1F}u1\u{1E}tag\u{1F}x\u{1E}tag\u{1F}y\u{1E}", "image=url\u{1F}u2\u{1E}",
                    "shipping=country\u{1F}DE\u{1E}price.value\u{1F}5\u{1E}price.currency\u{1F}EUR\u{1E}",
                ]
            ])
    }

    @Test(arguments: [
        (#"{"id":1"#, RowFault.Reason.badJSON, 8), (#"{"id" 1}"#, .badJSON, 7), ("[1]", .notAnObject, 1),
        ("text", .notAnObject, 1),
        (#"{"id":01}"#, .badJSON, 7), (#"{"id":tru}"#, .badJSON, 7), (#"{"id":"a"}x"#, .badJSON, 11),
        (#"{"id":"\x"}"#, .badJSON, 9), (#"{"id":"\ud800"}"#, .badJSON, 14), (#"{"id":[1 2]}"#, .badJSON, 10),
        (#"{"id":1,}"#, .badJSON, 9), (#"{"id":1.}"#, .badJSON, 7),
    ])
    func faultsEndTheirRowOnly(_ line: String, _ reason: RowFault.Reason, _ column: Int) {
        let feed = ReadFeed("{\"id\":0}\n\(line)\n{\"id\":2}\n", format: .jsonLines)
        #expect(feed.rows == [["id=0"], ["id=2"]] && feed.error == nil)
        #expect(feed.faults == [RowFault(reason: reason, line: 2, column: column)])
    }

    @Test func limits() {
        var limits = FeedLimits()
        limits.rowBytes = 12
        let feed = ReadFeed("{\"id\":\"\(String(repeating: "x", count: 30))\"}\n{\"id\":123}\n", limits: limits)
        #expect(feed.faults == [RowFault(reason: .tooLong, line: 1, column: 1)] && feed.rows == [["id=123"]])
        limits = FeedLimits()
        limits.depth = 3
        #expect(ReadFeed(#"{"a":{"b":{"c":1}}}"#, limits: limits).faults.first?.reason == nil)
        #expect(ReadFeed(#"{"a":{"b":{"c":{"d":1}}}}"#, limits: limits).faults.first?.reason == .tooDeep)
        limits.columns = 1
        #expect(ReadFeed(#"{"a":1,"b":2}"#, limits: limits).error?.reason == .tooManyColumns)
    }
}
