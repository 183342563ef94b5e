internal import Mustache

extension ReportPage {
    /// The page: one file that refers to nothing else and runs nothing.
    ///
    /// - Throws: an error of the template's parser, which no data can cause.
    func html() throws -> String {
        MustacheContentTypes.register(PageText(), named: "PAGE")
        let source = String(decoding: PackageResources.report_mustache, as: UTF8.self)
        return try MustacheTemplate(string: source).render(self)
    }
}

/// How text gets into the page. The library's own escaping goes by `Character`, and so lets a quote or an angle bracket pass
/// that has a combining mark behind it; this one goes by scalar, and shows what would hide or turn the text around.
private struct PageText: MustacheContentType {
    func escapeText(_ text: String) -> String {
        var escaped = ""
        for scalar in SafeText.page(text).unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
