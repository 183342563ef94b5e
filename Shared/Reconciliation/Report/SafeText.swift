/// Text from elsewhere that people are to read.
public enum SafeText {
    /// For terminals: what moves the cursor, changes colours or the direction of writing becomes a question mark.
    public static func terminal(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { result.unicodeScalars.append(isHarmful(scalar) ? "?" : scalar) }
        return result
    }

    /// For pages: the same scalars as their numbers, "[U+202E]", so that one sees what is there.
    public static func page(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isHarmful) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isHarmful(scalar) {
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "[U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits + "]"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The same as text of HTML, also within quotes. Scalar by scalar: by `Character` a quote or an angle bracket would pass
    /// that has a combining mark behind it.
    public static func html(_ text: String) -> String {
        var escaped = ""
        for scalar in page(text).unicodeScalars {
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

    /// Controls, line and paragraph separators, and what turns the direction of writing (Unicode's Bidi_Control) or hides.
    private static func isHarmful(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB,
            0xE0000...0xE007F:
            true
        default: false
        }
    }
}
