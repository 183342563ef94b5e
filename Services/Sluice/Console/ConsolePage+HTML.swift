import Mustache
import Reconciliation

extension ConsolePage {
    /// The page: one document that refers to nothing else but its icon.
    /// - Parameters:
    ///   - nonce: of its style and script.
    ///   - sequence: of the state that it shows, as the next question for one names it.
    func html(nonce: String, sequence: String) throws -> String {
        try Self.rendered(
            PackageResources.console_mustache,
            Shell(nonce: nonce, sequence: sequence, style: Self.style, script: Self.script, page: self))
    }

    /// The form that asks for the token.
    static func loginHTML(nonce: String, wasWrong: Bool) throws -> String {
        try rendered(
            PackageResources.login_mustache, LoginShell(nonce: nonce, style: style, wasWrong: wasWrong))
    }

    static var icon: String { String(decoding: PackageResources.icon_svg, as: UTF8.self) }
    private static var style: String { String(decoding: PackageResources.console_css, as: UTF8.self) }
    private static var script: String { String(decoding: PackageResources.console_js, as: UTF8.self) }

    private struct Shell {
        var nonce: String
        var sequence: String
        var style: String
        var script: String
        var page: ConsolePage
    }
    private struct LoginShell {
        var nonce: String
        var style: String
        var wasWrong: Bool
    }

    private static func rendered(_ source: [UInt8], _ values: Any) throws -> String {
        MustacheContentTypes.register(PageText(), named: "CONSOLE")
        let text = "{{% CONTENT_TYPE:CONSOLE}}\n" + LiveTemplate.expanded(String(decoding: source, as: UTF8.self))
        return try MustacheTemplate(string: text).render(values)
    }
}

/// How text gets into the page.
private struct PageText: MustacheContentType {
    func escapeText(_ text: String) -> String { SafeText.html(text) }
}
