import Foundation

/// Reads a page as strictly as XML is read, but for the elements without an end that HTML has: every element is closed in
/// order, attributes are quoted and come once, a paragraph holds no blocks. Gives what the tests ask for.
struct PageChecker {
    struct Fault: Error, CustomStringConvertible { var description: String }

    static let allowedAttributes: Set<String> = [
        "lang", "charset", "http-equiv", "content", "name", "class", "id", "style", "tabindex", "role", "scope",
        "viewBox",
        "preserveAspectRatio", "d", "width", "height", "aria-hidden", "aria-label", "aria-labelledby", "data-label",
    ]
    private static let empty: Set = ["meta", "br", "hr", "input"]
    private static let blocks: Set = [
        "div", "ul", "ol", "dl", "p", "table", "section", "article", "figure", "h1", "h2", "h3", "header",
    ]

    var elements: [String: Int] = [:]
    var attributes: Set<String> = []
    var ids: [String] = []
    var references: [String] = []
    var text = ""
    var style = ""
    var headline = ""
    private var open: [String] = []

    static func check(_ html: String) throws -> PageChecker {
        var checker = PageChecker()
        let trimmed = html.trimmingCharacters(in: .whitespacesAndNewlines)
        guard trimmed.hasPrefix("<!DOCTYPE html>") else { throw Fault(description: "no doctype") }
        try checker.read(Array(trimmed.dropFirst("<!DOCTYPE html>".count).unicodeScalars))
        guard checker.open.isEmpty else { throw Fault(description: "not closed: \(checker.open)") }
        return checker
    }

    private mutating func read(_ source: [Unicode.Scalar]) throws {
        var index = 0
        while index < source.count {
            guard source[index] == "<" else {
                let start = index
                while index < source.count, source[index] != "<" { index += 1 }
                try characters(String(String.UnicodeScalarView(source[start..<index])))
                continue
            }
            // Quotes are honoured, so that a bracket within an attribute ends nothing.
            var end = index + 1
            var isQuoted = false
            while end < source.count, isQuoted || source[end] != ">" {
                if source[end] == "\"" { isQuoted.toggle() }
                end += 1
            }
            guard end < source.count else { throw Fault(description: "a tag is not closed") }
            try tag(String(String.UnicodeScalarView(source[index + 1..<end])))
            index = end + 1
        }
    }

    private mutating func characters(_ raw: String) throws {
        if open.last == "style" {
            style += raw
            return
        }
        let decoded = try Self.decoded(raw)
        text += decoded
        if open.last == "h1" { headline += decoded }
    }

    private mutating func tag(_ content: String) throws {
        if content.hasPrefix("/") {
            guard open.popLast() == String(content.dropFirst()) else {
                throw Fault(description: "</\(content)> closes nothing")
            }
            return
        }
        var rest = Substring(content)
        let isClosed = rest.hasSuffix("/")
        if isClosed { rest.removeLast() }
        let name = String(rest.prefix { $0.isLetter || $0.isNumber })
        guard !name.isEmpty else { throw Fault(description: "<\(content.prefix(40))> has no name") }
        rest = rest.dropFirst(name.count)
        if open.contains("p"), Self.blocks.contains(name) { throw Fault(description: "<\(name)> in a paragraph") }
        elements[name, default: 0] += 1
        var seen: Set<String> = []
        while let first = rest.first {
            guard first == " " else {
                throw Fault(description: "<\(content.prefix(80))>: no blank before \(rest.prefix(20))")
            }
            rest.removeFirst()
            if rest.isEmpty || rest.first == " " { continue }
            guard let equals = rest.firstIndex(of: "="), rest[rest.index(after: equals)...].unicodeScalars.first == "\""
            else {
                throw Fault(description: "<\(content.prefix(80))>: an attribute without quotes")
            }
            let attribute = String(rest[..<equals])
            guard attribute.allSatisfy({ $0.isLetter && $0.isASCII || $0 == "-" }), seen.insert(attribute).inserted
            else {
                throw Fault(description: "<\(content.prefix(80))>: attribute \(attribute)")
            }
            let scalars = rest[rest.index(after: equals)...].unicodeScalars.dropFirst()
            guard let quote = scalars.firstIndex(of: "\"") else { throw Fault(description: "<\(content.prefix(80))>") }
            let value = try Self.decoded(String(scalars[..<quote]))
            note(attribute, value)
            rest = Substring(scalars[scalars.index(after: quote)...])
        }
        if !isClosed, !Self.empty.contains(name) { open.append(name) }
    }

    private mutating func note(_ attribute: String, _ value: String) {
        attributes.insert(attribute)
        if attribute == "id" { ids.append(value) }
        if attribute == "aria-labelledby" { references += value.split(separator: " ").map(String.init) }
    }

    /// Only the five references that the page uses; a bare ampersand is a fault.
    private static func decoded(_ raw: String) throws -> String {
        var result = ""
        var rest = Substring(raw).unicodeScalars
        let names: [(String, Unicode.Scalar)] = [
            ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&#39;", "'"),
        ]
        while let scalar = rest.first {
            guard scalar == "&" else {
                result.unicodeScalars.append(scalar)
                rest.removeFirst()
                continue
            }
            guard let (name, meant) = names.first(where: { rest.starts(with: $0.0.unicodeScalars) }) else {
                throw Fault(description: "an ampersand by itself: \(String(rest.prefix(20)))")
            }
            result.unicodeScalars.append(meant)
            rest.removeFirst(name.unicodeScalars.count)
        }
        return result
    }
}
