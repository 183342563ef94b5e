/// How the rows of a feed are written.
@frozen public enum FeedFormat: Sendable, Equatable {
    /// From the first bytes: `<` is XML, `{` is JSON lines, everything else is text with delimiters.
    case automatic
    /// Text with delimiters (RFC 4180 and its relatives), whose header tells which delimiter it is.
    case csv
    /// Text with tabs, in which `\t`, `\n`, `\r` and `\\` stand for the characters.
    case tsv
    /// RSS 2.0 or Atom, with the attributes in the namespace http://base.google.com/ns/1.0 or in none.
    case xml
    /// One JSON object a line (RFC 8259 in lines).
    case jsonLines
}

/// The bytes of a feed's characters.
@frozen public enum FeedEncoding: Sendable, Equatable {
    /// UTF-8, or UTF-16 with a byte order mark, or what an XML declaration says.
    case automatic
    /// ISO 8859-1, read as windows-1252, as the WHATWG Encoding Standard has it.
    case latin1
}

/// What a reader does not go beyond. They bound its memory, whatever the feed.
public struct FeedLimits: Sendable, Equatable {
    /// Bytes of all values of a row.
    public var rowBytes = 1 << 20
    /// Bytes of the header's line, and of one tag.
    public var headerBytes = 1 << 16
    /// Columns, or different names of elements and keys.
    public var columns = 1000
    /// Elements or JSON values within each other.
    public var depth = 32

    public init() {}
}

/// Why a feed cannot be read on. It ends the feed; the rows before it are good.
public struct FeedError: Error, Sendable, Equatable {
    @frozen public enum Reason: Sendable, Equatable, CaseIterable {
        case empty
        case utf16WithoutMark, utf32, invalidUTF16, notUTF8, encodingUnsupported
        case compressed, spreadsheet, webPage
        case noDelimiter, headerTooLong, headerQuoteOpen, tooManyColumns
        case jsonArray
        case notRSSOrAtom, documentType, mismatchedTag, badTag, badEntity, unexpectedEnd, tooDeep, textOutsideRoot
    }

    public let reason: Reason
    /// From 1; 0 where no place can be named.
    public let line: Int
    /// From 1, in bytes of UTF-8.
    public let column: Int

    init(_ reason: Reason, line: Int = 0, column: Int = 0) {
        self.reason = reason
        self.line = line
        self.column = column
    }

    /// What is wrong and what to do about it.
    public var message: String {
        switch reason {
        case .empty: "The file is empty. Export the feed again."
        case .utf16WithoutMark: "The file looks like UTF-16 without a byte order mark. Save it as UTF-8."
        case .utf32: "The file is encoded in UTF-32. Save it as UTF-8."
        case .invalidUTF16: "The file begins like UTF-16 and is none. Save it as UTF-8."
        case .notUTF8: "The file is not UTF-8; it looks like ISO 8859-1. Save it as UTF-8, or name its encoding."
        case .encodingUnsupported: "The XML declaration names an encoding that is not supported. Use UTF-8."
        case .compressed: "The file is compressed. Decompress it, or give it the ending of its compression."
        case .spreadsheet: "The file is a spreadsheet. Export it as CSV or TSV."
        case .webPage: "The file is a web page, perhaps a login or an error page. Check the feed's address."
        case .noDelimiter: "The header has one column only. Separate columns with comma, semicolon, bar or tab."
        case .headerTooLong: "The first line is too long for a header. Begin the file with the names of the columns."
        case .headerQuoteOpen: "A quote that the header opens is never closed. Close it or take it out."
        case .tooManyColumns: "The feed has too many different columns. Leave out those that are no attributes."
        case .jsonArray: "The file is one JSON array. Write one JSON object a line."
        case .notRSSOrAtom: "The XML is neither RSS nor Atom. Put items in <rss><channel> or entries in <feed>."
        case .documentType: "The XML has a document type declaration, which is not read. Remove it."
        case .mismatchedTag: "An element is closed that is not the open one. Close each element once, innermost first."
        case .badTag: "A tag is malformed. Write < in text as &lt; and quote the values of attributes."
        case .badEntity: "An & is not followed by a known entity. Write it as &amp;."
        case .unexpectedEnd: "The file ends in the middle. Write it completely, then publish it."
        case .tooDeep: "Elements are nested too deeply. Put the attributes directly into the item."
        case .textOutsideRoot: "There is text outside of the root element. Remove it."
        }
    }
}

/// Why a row cannot be used. The feed goes on behind it.
public struct RowFault: Error, Sendable, Equatable {
    @frozen public enum Reason: Sendable, Equatable, CaseIterable {
        case tooManyFields, tooFewFields, quoteOpen, tooLong, notUTF8
        case notAnObject, badJSON, tooDeep
    }

    public let reason: Reason
    public let line: Int
    public let column: Int

    /// What is wrong and what to do about it.
    public var message: String {
        switch reason {
        case .tooManyFields: "The row has more fields than the header. Quote values that contain the delimiter."
        case .tooFewFields: "The row has fewer fields than the header. Quote values that contain line ends."
        case .quoteOpen: "A quote is opened and never closed. Close it, or double it within a value."
        case .tooLong: "The row is too long, perhaps because a quote is not closed."
        case .notUTF8: "A value is not UTF-8. Save the file as UTF-8."
        case .notAnObject: "The line is not a JSON object. Write one object a line."
        case .badJSON: "The line is not valid JSON. Check it at the column that is named."
        case .tooDeep: "Values are nested too deeply. Put the attributes directly into the object."
        }
    }
}
