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

    /// Scalar by scalar: with what combines with it, a quote is another `Character`.
    private static func quoted(_ value: String) -> String {
        let isPlain = value.unicodeScalars.allSatisfy { $0.value > 0x20 && $0 != "'" && $0 != "\\" }
        guard value.isEmpty || !isPlain else { return value }
        var text = "'"
        for scalar in value.unicodeScalars {
            if scalar == "'" || scalar == "\\" { text.append("\\") }
            text.unicodeScalars.append(scalar)
        }
        return text + "'"
    }
}

/// A text with every secret replaced. Secrets of fewer than three characters are left: striking them out would
/// change ordinary words, and libpq does not print passwords in the first place.
func striking(_ secrets: [String], from text: String) -> String {
    // Byte by byte: as characters a secret is not found where something combines with its end.
    var bytes = Array(text.utf8)
    for secret in secrets.map({ Array($0.utf8) }) where secret.count >= 3 {
        let parts = bytes.split(separator: secret, omittingEmptySubsequences: false)
        bytes = Array(parts.joined(separator: Array("***".utf8)))
    }
    return String(decoding: bytes, as: UTF8.self)
}
