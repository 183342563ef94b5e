/// Text from elsewhere on its way to a terminal.
enum TerminalText {
    /// Control characters become question marks: data must not move the cursor or change colours.
    static func safe(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.unicodeScalars.append(isControl ? "?" : scalar)
        }
        return result
    }
}
