import CPostgres

/// A connection string taken apart by libpq itself.
struct ConnectionString {
    /// What the string sets, in libpq's order.
    private(set) var values: [(keyword: String, value: String, isSecret: Bool)] = []

    /// nil where libpq cannot parse it. libpq's reason is not passed on: it quotes parts of the string, and with a
    /// password that is not quoted as it should be those are parts of the password.
    init?(_ text: String) {
        guard !text.utf8.contains(0) else { return nil }
        guard Self.hasKeywords(text) else {
            if !text.isEmpty { values = [("dbname", text, false)] }
            return
        }
        var reason: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(text, &reason) else {
            PQfreemem(reason)
            return nil
        }
        values = Self.read(options)
        PQconninfoFree(options)
    }

    /// The parameters that a connection really has, with those of the environment and of libpq's defaults.
    init(of connection: OpaquePointer) {
        guard let options = PQconninfo(connection) else { return }
        values = Self.read(options)
        PQconninfoFree(options)
    }

    subscript(keyword: String) -> String? { values.first { $0.keyword == keyword }?.value }

    var redacted: String {
        values.map { entry in
            entry.isSecret ? "\(entry.keyword)=***" : "\(entry.keyword)=\(Self.quoted(entry.value))"
        }.joined(separator: " ")
    }

    var secrets: [String] { values.filter(\.isSecret).map(\.value) }

    /// The server settings that the string's `options` give (`-c name=value` or `--name=value`), in lower case.
    var sessionSettings: Set<String> {
        var names: Set<String> = []
        var isSetting = false
        for word in (self["options"] ?? "").split(separator: " ") {
            var assignment = Substring(word)
            if word == "-c" {
                isSetting = true
                continue
            }
            if word.hasPrefix("--") || word.hasPrefix("-c") {
                assignment = word.dropFirst(2)
            } else if !isSetting {
                continue
            }
            isSetting = false
            let name = assignment.prefix { $0 != "=" }.lowercased()
            names.insert(String(name.map { $0 == "-" ? "_" : $0 }))
        }
        return names
    }

    /// As libpq decides whether `dbname` is expanded: anything else is the name of a database.
    private static func hasKeywords(_ text: String) -> Bool {
        text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") || text.utf8.contains(UInt8(ascii: "="))
    }

    private static func read(
        _ options: UnsafeMutablePointer<PQconninfoOption>
    ) -> [(keyword: String, value: String, isSecret: Bool)] {
        var values: [(keyword: String, value: String, isSecret: Bool)] = []
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                // libpq marks what must not be shown on a screen with an asterisk.
                let isSecret = option.pointee.dispchar.map { $0.pointee == 0x2A } ?? false
                values.append((String(cString: keyword), String(cString: value), isSecret))
            }
            option += 1
        }
        return values
    }

    private static func quoted(_ value: String) -> String {
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "'" || $0 == "\\" }) else { return value }
        var text = "'"
        for character in value {
            if character == "'" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return text + "'"
    }
}

/// A text with every secret replaced. Secrets of fewer than three characters are left: striking them out would
/// change ordinary words, and libpq does not print passwords in the first place.
func striking(_ secrets: [String], from text: String) -> String {
    var text = text
    for secret in secrets where secret.utf8.count >= 3 {
        let parts = text.split(separator: secret, omittingEmptySubsequences: false)
        text = parts.joined(separator: "***")
    }
    return text
}
