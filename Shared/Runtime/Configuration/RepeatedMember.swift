import FoundationEssentials

/// Finds a name that a JSON object has twice. The parser takes one of the two and does not say so, nor does it look at
/// the value of the other: which setting holds would be a matter of chance.
struct RepeatedMember {
    private let bytes: [UInt8]
    private var place = 0

    /// - Parameter bytes: JSON that the parser has read.
    private init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The first name that comes again in its object; nil where each comes once.
    static func first(in bytes: [UInt8]) -> String? {
        var scan = RepeatedMember(bytes)
        return scan.first()
    }

    private mutating func first() -> String? {
        // The names of each object that is open.
        var names: [Set<String>] = []
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "{"):
                names.append([])
                place += 1
            case UInt8(ascii: "}"):
                _ = names.popLast()
                place += 1
            case UInt8(ascii: "\""):
                let literal = takeText()
                guard isBeforeColon, !names.isEmpty else { continue }
                let name = Self.text(literal)
                if !names[names.count - 1].insert(name).inserted { return name }
            default: place += 1
            }
        }
        return nil
    }

    /// A text with its quotes.
    private mutating func takeText() -> ArraySlice<UInt8> {
        let start = place
        place += 1
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
        }
        place = min(place + 1, bytes.count)
        return bytes[start..<place]
    }

    /// Only the name of a member stands before a colon.
    private var isBeforeColon: Bool {
        let blanks = [UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
        return bytes[place...].first { !blanks.contains($0) } == UInt8(ascii: ":")
    }

    private static func text(_ literal: ArraySlice<UInt8>) -> String {
        // What has escapes is left to the parser.
        if literal.contains(UInt8(ascii: "\\")), let text = try? JSONDecoder().decode(String.self, from: Data(literal))
        {
            return text
        }
        return String(decoding: literal.dropFirst().dropLast(), as: UTF8.self)
    }
}
