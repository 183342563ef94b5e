import FoundationEssentials

extension ObjectiveFile {
    /// Reads and checks a file of objectives. A member that it does not know is an error: it is a mistyped one.
    /// - Parameter name: What errors call the file.
    /// - Throws: ``ObjectiveError`` with the first thing that is wrong.
    public static func parse(
        _ bytes: some Sequence<UInt8>, name: String = "objectives.json"
    ) throws(ObjectiveError) -> ObjectiveFile {
        let data = Data(bytes)
        do {
            let file = try JSONDecoder().decode(ObjectiveFile.self, from: data)
            let members = try JSONDecoder().decode(Members.self, from: data)
            try file.check(members)
            return file
        } catch let error as ObjectiveError {
            throw ObjectiveError("\(name): \(error.message)")
        } catch let error as DecodingError {
            throw ObjectiveError("\(name): \(explanation(error))")
        } catch {
            throw ObjectiveError("\(name): \(error)")
        }
    }

    private func check(_ members: Members) throws(ObjectiveError) {
        if let unknown = members.own.subtracting(CodingKeys.known).min() {
            throw ObjectiveError("unknown member '\(unknown)'; known are \(Self.list(CodingKeys.known))")
        }
        guard Self.isName(service, also: "-") else {
            throw ObjectiveError("service '\(service)': small letters, digits and hyphens, as the scrape job is called")
        }
        guard (1...365).contains(windowDays) else { throw ObjectiveError("window_days \(windowDays): 1 to 365") }
        guard !objectives.isEmpty else { throw ObjectiveError("there is no objective") }
        for (objective, members) in zip(objectives, members.objectives) {
            do throws(ObjectiveError) {
                if let unknown = members.subtracting(Objective.CodingKeys.known).min() {
                    throw ObjectiveError(
                        "unknown member '\(unknown)'; known are \(Self.list(Objective.CodingKeys.known))")
                }
                try objective.check()
            } catch {
                throw ObjectiveError("objective '\(objective.name)': \(error.message)")
            }
        }
        if let twice = Self.repeated(objectives.map(\.name)) {
            throw ObjectiveError("objective '\(twice)' comes twice; a name is used once")
        }
        if let twice = Self.repeated(objectives.map(\.alert)) {
            throw ObjectiveError("alert '\(twice)' comes twice; each objective has an alert of its own")
        }
        for (panel, members) in zip(panels ?? [], members.panels) {
            if let unknown = members.subtracting(DashboardPanel.CodingKeys.known).min() {
                throw ObjectiveError(
                    "panel '\(panel.title)': unknown member '\(unknown)'; known are "
                        + Self.list(DashboardPanel.CodingKeys.known))
            }
            guard !panel.title.isEmpty, !panel.expression.isEmpty else {
                throw ObjectiveError("panel '\(panel.title)': title or expression is empty")
            }
        }
        try checkInhibitions()
    }

    private func checkInhibitions() throws(ObjectiveError) {
        let alerts = Set(objectives.map(\.alert))
        for objective in objectives {
            for held in objective.inhibits ?? [] {
                if held == objective.alert {
                    throw ObjectiveError("objective '\(objective.name)': inhibits its own alert '\(held)'")
                }
                guard alerts.contains(held) else {
                    throw ObjectiveError(
                        "objective '\(objective.name)': inhibits '\(held)', which is the alert of no objective here; "
                            + "there are \(Self.list(alerts))")
                }
                // Two that hold each other back would leave nobody told.
                if objectives.first(where: { $0.alert == held })?.inhibits?.contains(objective.alert) == true {
                    throw ObjectiveError("'\(objective.alert)' and '\(held)' inhibit each other; keep the cause's side")
                }
            }
        }
    }

    private static func repeated(_ names: [String]) -> String? {
        var seen: Set<String> = []
        return names.first { !seen.insert($0).inserted }
    }

    private static func list(_ names: Set<String>) -> String { names.sorted().joined(separator: ", ") }

    static func isName(_ text: String, also extra: Unicode.Scalar) -> Bool {
        guard let first = text.unicodeScalars.first, ("a"..."z").contains(first) else { return false }
        return text.unicodeScalars.allSatisfy {
            ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == extra
        }
    }

    private static func explanation(_ error: DecodingError) -> String {
        func place(_ path: [any CodingKey]) -> String {
            let parts = path.map { key in key.intValue.map { "[\($0)]" } ?? key.stringValue }
            return parts.isEmpty ? "the file" : parts.joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context.codingPath)): member '\(key.stringValue)' is missing"
        case .typeMismatch(let type, let context): "\(place(context.codingPath)): is not a \(type)"
        case .valueNotFound(_, let context): "\(place(context.codingPath)): is null"
        case .dataCorrupted(let context): "\(place(context.codingPath)): \(context.debugDescription)"
        @unknown default: "\(error)"
        }
    }

    /// The names of the members that are there, whatever they hold.
    private struct Members: Decodable {
        var own: Set<String>
        var objectives: [Set<String>]
        var panels: [Set<String>]

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: AnyKey.self)
            own = Set(container.allKeys.map(\.stringValue))
            func members(_ key: String) throws -> [Set<String>] {
                try (container.decodeIfPresent([Keys].self, forKey: AnyKey(stringValue: key)) ?? []).map(\.names)
            }
            objectives = try members("objectives")
            panels = try members("panels")
        }

        private struct Keys: Decodable {
            var names: Set<String>
            init(from decoder: any Decoder) throws {
                names = Set(try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue))
            }
        }

        private struct AnyKey: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }
    }
}

extension CodingKey where Self: CaseIterable {
    fileprivate static var known: Set<String> { Set(allCases.map(\.stringValue)) }
}

extension Objective {
    /// - Throws: what is wrong with this objective by itself, without its name.
    fileprivate func check() throws(ObjectiveError) {
        guard ObjectiveFile.isName(name, also: "_") else {
            throw ObjectiveError("a name has small letters, digits and underscores, and begins with a letter")
        }
        for (member, text) in [("title", title), ("why", why), ("unit", unit), ("summary", summary)]
        where text.isEmpty || text.contains(where: \.isNewline) {
            throw ObjectiveError("\(member) is empty or has more than one line")
        }
        guard indicator.hasPrefix("sluice_"), ObjectiveFile.isName(indicator, also: "_") else {
            throw ObjectiveError("indicator '\(indicator)' is not the name of a metric, such as sluice_..._seconds")
        }
        guard alert.hasPrefix("Sluice"), alert.utf8.allSatisfy({ $0.isLetter }) else {
            throw ObjectiveError("alert '\(alert)': letters, beginning with Sluice, such as SluiceFreshness")
        }
        guard ObjectiveFile.isName(runbook, also: "-") else {
            throw ObjectiveError("runbook '\(runbook)' is not a section, such as results-old for '## Results old'")
        }
        guard atMost.isFinite, atMost >= 0 else { throw ObjectiveError("at_most \(atMost): 0 or more") }
        guard target > 0, target <= 1 else {
            throw ObjectiveError("target \(target): a share above 0 and at most 1, such as 0.9995")
        }
        switch policy {
        case .atOnce where target != 1:
            throw ObjectiveError("target \(target): at_once has no budget to spend, its target is 1")
        case .burn where target == 1:
            throw ObjectiveError("target 1 leaves no budget to burn; write a smaller one, or the policy at_once")
        case .burn where severity != nil:
            throw ObjectiveError("severity is for at_once; with burn it follows from how fast the budget is spent")
        case .burn where BurnRule.all.contains { $0.rate * (1 - target) >= 1 }:
            throw ObjectiveError("target \(target): its budget cannot burn 14.4 times too fast, so that it never pages")
        default: break
        }
    }
}

extension UInt8 {
    fileprivate var isLetter: Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self)
    }
}
