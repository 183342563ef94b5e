/// A template whose places are named once, for the server and for the script that keeps the page current.
///
/// - `data-t="name"` on an element without content: its text.
/// - `data-if="name"`: hidden unless it is true.
/// - `<!--each name-->…<!--end name-->`: once for each element of a list; what stands between becomes a `<template>` as well.
enum LiveTemplate {
    /// The same as a plain template of mustache.
    static func expanded(_ source: String) -> String {
        var text = source
        text = repeating(text)
        text = naming("data-t", in: text) { name, rest in
            // The text goes behind the tag that is open.
            guard let end = rest.firstIndex(of: ">") else { return nil }
            return (rest[...end] + "{{\(name)}}", rest[rest.index(after: end)...])
        }
        return naming("data-if", in: text) { name, rest in ("\"{{^\(name)}} hidden{{/\(name)}}", rest.dropFirst()) }
    }

    /// Expands from the outside in; what stands within is expanded in both copies.
    private static func repeating(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "<!--each ") {
            let after = rest[start.upperBound...]
            guard let close = after.firstRange(of: "-->") else { break }
            let name = after[..<close.lowerBound]
            guard let end = after.firstRange(of: "<!--end \(name)-->") else { break }
            let row = repeating(String(after[close.upperBound..<end.lowerBound]))
            result += rest[..<start.lowerBound]
            result += "{{#\(name)}}\(row){{/\(name)}}<template>\(row)</template>"
            rest = after[end.upperBound...]
        }
        return result + rest
    }

    /// Lets the body rewrite what follows each `attribute="name`.
    private static func naming(
        _ attribute: String, in text: String,
        _ body: (_ name: Substring, _ rest: Substring) -> (Substring, Substring)?
    ) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: attribute + "=\"") {
            result += rest[..<start.upperBound]
            rest = rest[start.upperBound...]
            guard let quote = rest.firstIndex(of: "\""), let (made, remaining) = body(rest[..<quote], rest[quote...])
            else { continue }
            result += rest[..<quote] + made
            rest = remaining
        }
        return result + rest
    }
}
