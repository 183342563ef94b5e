import Objectives
import Testing

struct ObjectiveFileTests {
    static let valid = """
        {"service": "spend-aggregator", "window_days": 30, "objectives": [
          {"name": "freshness", "title": "Event to row", "why": "because", "indicator": "sluice_age_seconds",
           "unit": "seconds", "at_most": 15, "target": 0.9995, "policy": "burn", "alert": "SluiceOld",
           "summary": "It is late", "runbook": "results-old"},
          {"name": "stopped", "title": "None stopped", "why": "because", "indicator": "sluice_stopped",
           "unit": "partitions", "at_most": 0, "target": 1, "policy": "at_once", "severity": "ticket",
           "alert": "SluiceStopped", "summary": "One stopped", "runbook": "stopped", "inhibits": ["SluiceOld"]}
        ], "panels": [{"title": "Read", "unit": "ops", "expression": "sum(x)", "legend": "x"}]}
        """

    @Test("a file is read with all that it says")
    func reads() throws {
        let file = try ObjectiveFile.parse(Self.valid.utf8)
        #expect(file.service == "spend-aggregator")
        #expect(file.windowDays == 30)
        #expect(file.objectives.map(\.name) == ["freshness", "stopped"])
        #expect(file.objectives[0].atMost == 15)
        #expect(file.objectives[0].severity == nil)
        #expect(file.objectives[1].policy == .atOnce)
        #expect(file.objectives[1].severity == .ticket)
        #expect(file.objectives[1].inhibits == ["SluiceOld"])
        #expect(file.panels?.first?.expression == "sum(x)")
    }

    @Test(
        "what is wrong is named with the file and the objective",
        arguments: [
            (#""policy": "burn""#, #""policy": "sometimes""#, "sometimes"),
            (#""target": 0.9995"#, #""target": 0"#, "objective 'freshness': target 0.0"),
            (#""target": 0.9995"#, #""target": 1.1"#, "at most 1"),
            (#""target": 0.9995"#, #""target": 1"#, "leaves no budget"),
            (#""target": 0.9995"#, #""target": 0.9"#, "never pages"),
            (#""target": 1,"#, #""target": 0.99,"#, "objective 'stopped': target 0.99: at_once"),
            (#""name": "stopped""#, #""name": "freshness""#, "objective 'freshness' comes twice"),
            (#""name": "stopped""#, #""name": "Not a name""#, "small letters"),
            (#""alert": "SluiceStopped""#, #""alert": "SluiceOld""#, "alert 'SluiceOld' comes twice"),
            (#""alert": "SluiceOld""#, #""alert": "Old""#, "beginning with Sluice"),
            (#"["SluiceOld"]"#, #"["SluiceGone"]"#, "inhibits 'SluiceGone', which is the alert of no objective"),
            (#"["SluiceOld"]"#, #"["SluiceStopped"]"#, "its own alert"),
            (#""runbook": "results-old""#, #""runbook": "results-old", "inhibits": ["SluiceStopped"]"#, "each other"),
            (#""runbook": "results-old""#, #""runbook": "results-old", "severity": "page""#, "severity is for at_once"),
            (#""runbook": "results-old""#, #""runbook": "Results old""#, "is not a section"),
            (#""runbook": "results-old""#, #""runbok": "results-old""#, "member 'runbook' is missing"),
            (#""unit": "seconds","#, #""unit": "seconds", "at_moost": 3,"#, "unknown member 'at_moost'"),
            (#""unit": "seconds","#, #""unit": "","#, "unit is empty"),
            (#""at_most": 15"#, #""at_most": -1"#, "at_most -1.0"),
            (#""at_most": 15"#, #""at_most": "15""#, "at_most"),
            (#""indicator": "sluice_age_seconds""#, #""indicator": "age""#, "not the name of a metric"),
            (#""window_days": 30"#, #""window_days": 0"#, "window_days 0"),
            (#""service": "spend-aggregator""#, #""service": "Spend""#, "service 'Spend'"),
            (
                #""service": "spend-aggregator","#, #""service": "spend-aggregator", "windows": 1,"#,
                "unknown member 'windows'"
            ),
            (#""legend": "x""#, #""legend": "x", "colour": "red""#, "panel 'Read': unknown member 'colour'"),
            (#""expression": "sum(x)""#, #""expression": """#, "panel 'Read'"),
        ])
    func refuses(good: String, bad: String, says: String) throws {
        let text = Self.valid.replacingFirst(good, with: bad)
        #expect(text != Self.valid)
        let error = #expect(throws: ObjectiveError.self) {
            _ = try ObjectiveFile.parse(text.utf8, name: "a/objectives.json")
        }
        let message = error?.message ?? ""
        #expect(message.hasPrefix("a/objectives.json: "))
        #expect(message.contains(says), "\(message)")
    }

    @Test(
        "what is no JSON is an error",
        arguments: ["", "{", "[]", #"{"service": "x", "window_days": 30, "objectives": []}"#])
    func noJSON(text: String) {
        #expect(throws: ObjectiveError.self) { _ = try ObjectiveFile.parse(text.utf8) }
    }
}

extension String {
    fileprivate func replacingFirst(_ old: String, with new: String) -> String {
        guard let range = firstRange(of: old) else { return self }
        return replacingCharacters(in: range, with: new)
    }

    private func replacingCharacters(in range: Range<Index>, with new: String) -> String {
        self[..<range.lowerBound] + new + self[range.upperBound...]
    }
}
