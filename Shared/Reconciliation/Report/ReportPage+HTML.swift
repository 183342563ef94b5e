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

/// How text gets into the page: the library's own escaping goes by `Character` (see `SafeText.html`).
private struct PageText: MustacheContentType {
    func escapeText(_ text: String) -> String { SafeText.html(text) }
}
