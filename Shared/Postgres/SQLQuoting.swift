/// A name as SQL text, in double quotes: for schemas and tables whose names are configured.
public func quoteIdentifier(_ name: String) -> String {
    var quoted = "\""
    for character in name.unicodeScalars {
        if character == "\"" { quoted.unicodeScalars.append("\"") }
        quoted.unicodeScalars.append(character)
    }
    return quoted + "\""
}

/// A text as an SQL literal. Prefer parameters; this is for the statements that take none (SET, CREATE, COPY).
///
/// With a backslash the literal has the E form, which means the same whatever `standard_conforming_strings` says.
public func quoteLiteral(_ text: String) -> String {
    var quoted = "'"
    var hasBackslash = false
    for character in text.unicodeScalars {
        if character == "'" || character == "\\" { quoted.unicodeScalars.append(character) }
        hasBackslash = hasBackslash || character == "\\"
        quoted.unicodeScalars.append(character)
    }
    return (hasBackslash ? " E" : "") + quoted + "'"
}
