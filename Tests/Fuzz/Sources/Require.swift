import Glibc

/// Ends the process, so that libFuzzer keeps the input, unless a property holds.
func require(
    _ holds: Bool, _ what: @autoclosure () -> String, file: StaticString = #fileID, line: UInt = #line
) {
    guard !holds else { return }
    complain("PROPERTY BROKEN at \(file):\(line): \(what())")
    abort()
}

/// One line on standard error.
func complain(_ text: String) {
    let bytes = Array("\(text)\n".utf8)
    _ = write(STDERR_FILENO, bytes, bytes.count)
}

/// Text with what is not printable escaped, for the message of a broken property.
func shown(_ text: String) -> String {
    "\"" + text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() + "\""
}

func shown(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

/// Whether two texts are the same, scalar by scalar: `==` takes what Unicode calls equivalent for equal.
func same(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

extension String {
    /// Whether the bytes of another text occur in this one.
    func holds(_ part: String) -> Bool { !part.isEmpty && occurrences(of: part) > 0 }

    /// How often the bytes of another text occur in this one.
    func occurrences(of part: String) -> Int {
        let (text, wanted) = (Array(utf8), Array(part.utf8))
        guard !wanted.isEmpty, text.count >= wanted.count else { return 0 }
        return (0...(text.count - wanted.count)).reduce(0) { sum, start in
            text[start] == wanted[0] && text[start..<start + wanted.count].elementsEqual(wanted) ? sum + 1 : sum
        }
    }
}
