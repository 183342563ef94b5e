/// What is wrong with a script's text.
public struct ScriptError: Error, Equatable, CustomStringConvertible {
    public var line: Int
    public var message: String
    public var description: String { "line \(line): \(message)" }
}

extension SimulationScript {
    /// The script as a text that `init(text:)` reads: a line for each figure and each fault.
    public var text: String {
        var lines = ["seed \(seed)"]
        for parameter in Parameter.allCases { lines.append("\(parameter.rawValue) \(self[parameter])") }
        lines += mutants.map { "without \($0)" }
        lines += faults.map { fault in
            "at \(fault.moment) \(fault.kind.rawValue) target \(fault.target) amount \(fault.amount) salt \(fault.salt)"
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Reads a script. Empty lines and what follows a # say nothing.
    public init(text: String) throws(ScriptError) {
        self.init(seed: 0, parameters: [:], faults: [])
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.prefix { $0 != "#" }.split(separator: " ").map(String.init)
            guard let first = words.first else { continue }
            let number = index + 1
            switch first {
            case "at": faults.append(try Self.fault(words, line: number))
            case "without" where words.count == 2: mutants.append(words[1])
            case "seed":
                guard words.count == 2, let value = UInt64(words[1]) else {
                    throw ScriptError(line: number, message: "seed needs a number")
                }
                seed = value
            default:
                guard let parameter = Parameter(rawValue: first), words.count == 2, let value = Int64(words[1]) else {
                    throw ScriptError(line: number, message: "not a line of a script: \(line)")
                }
                self[parameter] = value
            }
        }
    }

    private static func fault(_ words: [String], line: Int) throws(ScriptError) -> Fault {
        guard words.count == 9, words[3] == "target", words[5] == "amount", words[7] == "salt",
            let moment = Int64(words[1]), let target = Int(words[4]), let amount = Int64(words[6]),
            let salt = UInt64(words[8])
        else {
            throw ScriptError(line: line, message: "a fault is: at MOMENT KIND target N amount N salt N")
        }
        guard let kind = FaultKind(rawValue: words[2]) else {
            throw ScriptError(line: line, message: "no kind of fault is called \(words[2])")
        }
        return Fault(moment: moment, kind: kind, target: target, amount: amount, salt: salt)
    }
}
