import Foundation
import Testing

@testable import Sluice

@Suite("Console: the page and its JSON")
struct ConsolePageTests {
    private func html(_ state: ConsoleState) throws -> String {
        try ConsolePage(state).html(nonce: "n0nce", sequence: "s-1")
    }

    @Test("a healthy job: figures in words and units")
    func healthy() throws {
        let page = ConsolePage(SampleState.healthy())
        #expect(page.headline == "All is well" && page.verdictClass == "match" && page.reasons.isEmpty)
        #expect(page.documentTitle == "Sluice console: spend-aggregator")
        #expect(page.facts.map(\.factFigure) == ["12,345/s", "40", "1.2 s", "31.2 s", "1 of 1"])
        #expect(page.partitions.map(\.partitionState) == ["reading", "idle"])
        #expect(
            page.partitions[0].partitionNext == "1,234,567" && page.partitions[0].partitionWatermark == "31.2 s behind")
        #expect(page.objectives[0].objectiveLimit == "at most 15.0 s, 99.95 % of 30d")
        #expect(page.objectives[0].objectiveBurns.map(\.burnWindow) == ["5m", "30m", "1h", "6h"])
        #expect(page.objectives[0].objectiveBurns.map(\.burnClass) == ["burn fast", "burn", "burn some", "burn"])
        #expect(page.freshness.map(\.freshnessP50) == ["412 ms", "500 ms"])
        #expect(
            page.graph.graphSideRead == "3.3/s" && page.graph.graphRepeats == "<0.1/s"
                && page.graph.graphDeadLetters == "0/s")
        #expect(page.graph.graphReadClass == "edge moves" && page.graph.graphLettersClass == "edge")
        #expect(page.letters[0].letterHasNote && !page.letters[1].letterHasNote)
        let html = try html(SampleState.healthy())
        #expect(html.contains(">12,345/s<") && html.contains(">1,234,567<") && html.contains("spend-aggregator"))
        #expect(!html.contains("{{"), "every place is filled")
    }

    @Test("a broken one: what is wrong comes first, the worst first, and old figures say that they are old")
    func broken() throws {
        let page = ConsolePage(SampleState.broken())
        #expect(page.headline == "5 things need attention" && page.verdictClass == "mismatch")
        #expect(
            page.reasons.map(\.lineText) == [
                "1 partition is stopped: ad-events 0", "PostgreSQL: connection refused",
                "spend-aggregator is not ready: postgres",
                "Event to committed row (spend-aggregator): burning fast (page)",
                "The last reconciliation (hour) found 3 differences",
            ])
        #expect(
            page.staleDatabase == "As of 42.0 s ago: PostgreSQL does not answer as it should.")
        #expect(page.objectives[0].objectiveState == "burning fast (page), for 1 m 5 s")
        #expect(page.partitions[0].partitionState == "stopped")
        #expect(page.documentTitle.hasPrefix("(5) "))
    }

    @Test("the doctor's findings")
    func diagnosis() throws {
        var state = SampleState.broken()
        state.sources.append(.init(name: "doctor", state: "ok", at: SampleState.now))
        state.diagnosis = Diagnosis(
            findings: [
                .init(
                    cause: "postgres_down", title: "PostgreSQL is down.", likelihood: 0.95, evidence: ["refused"],
                    nextSteps: [.init(text: "Start it.", command: "systemctl start postgresql")], runbook: nil)
            ], notExamined: [], healthy: [], at: SampleState.now - 3_000)
        let page = ConsolePage(state)
        #expect(page.diagnosisSummary == "Examined 3.0 s ago, the likeliest cause first.")
        #expect(page.findings[0].findingCertainty == "likely the cause")
        #expect(try html(state).contains("systemctl start postgresql"))
        state.diagnosis?.findings = []
        state.diagnosis?.notExamined = ["kafka"]
        #expect(ConsolePage(state).diagnosisSummary.hasSuffix("not everything could be looked at."))
    }

    @Test(
        "nothing that comes from data is markup, in no place",
        arguments: [
            "<img src=x onerror=alert(1)>", "\"><script>alert(1)</script>", "' onmouseover='x", "</title><b>",
            "&lt;x", "{{nonce}}", "<\u{301}b>", "\u{202E}evil\u{200B}",
        ])
    func hostile(text: String) throws {
        let html = try html(SampleState.hostile(text))
        let plain = try self.html(SampleState.hostile("x"))
        // Data adds no tag and no attribute: as many angle brackets and quotes as with a harmless text.
        for sign in ["<", ">", "\""] as [Unicode.Scalar] {
            func count(_ page: String) -> Int { page.unicodeScalars.count { $0 == sign } }
            #expect(count(html) == count(plain), "\(sign)")
        }
        #expect(!html.contains("<img") && !html.contains("<script>") && !html.contains("n0nce}}"))
        for hidden in ["\u{202E}", "\u{200B}"] { #expect(!html.unicodeScalars.contains(hidden.unicodeScalars.first!)) }
    }

    @Test("the script gets texts in which nothing hides or turns the direction")
    func safeTexts() throws {
        let state = SampleState.hostile("\u{202E}x\u{2066}")
        let json = StateFeed.json(state, ConsolePage(state))
        let page = try #require(json.firstRange(of: "\"page\":"))
        let texts = String(json[page.lowerBound...].prefix { $0 != "\u{0}" })
        let shown = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])["page"]
        let again = String(decoding: try JSONSerialization.data(withJSONObject: try #require(shown)), as: UTF8.self)
        #expect(!again.unicodeScalars.contains("\u{202E}") && !again.unicodeScalars.contains("\u{2066}"))
        #expect(texts.contains("[U+202E]"))
    }

    @Test("the JSON has a version, the figures as numbers, and the page's texts")
    func json() throws {
        var state = SampleState.healthy()
        state.flow.read = .nan
        let json = StateFeed.json(state, ConsolePage(state))
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(object["version"] as? Int == 1 && object["at"] as? Int64 == SampleState.now)
        let partitions = try #require(object["partitions"] as? [[String: Any]])
        #expect(partitions[0]["nextOffset"] as? Int64 == 1_234_567 && partitions[0]["lag"] as? Int64 == 40)
        #expect((object["page"] as? [String: Any])?["headline"] as? String == "All is well")
        #expect(
            try JSONDecoder().decode(
                ConsoleState.self,
                from: Data(StateFeed.json(SampleState.broken(), ConsolePage(SampleState.broken())).utf8)
            ).services[0].state == "not_ready")
    }

    @Test("the page is one document with nothing inline that a policy with a nonce would refuse")
    func document() throws {
        let html = try html(SampleState.healthy())
        #expect(html.contains("<html lang=\"en\">") && html.contains("<style nonce=\"n0nce\">"))
        #expect(!html.contains(" style=\"") && !html.contains(" onclick") && !html.contains(" onload"))
        // Whatever is loaded is the icon of this server.
        let references = html.matches(of: /(?:src|href|action)="([^"]*)"/).map { String($0.1) }
        #expect(Set(references) == ["/icon.svg", "#objectives-title"])
        #expect(html.contains("aria-live=\"polite\"") && html.contains("<main") && html.contains("scope=\"col\""))
    }

    @Test("a list is a template as well, with what stands within")
    func template() {
        let expanded = LiveTemplate.expanded(
            "<ul data-each=\"a\"><!--each a--><li data-t=\"x\"></li><p data-if=\"y\" class=\"z\"></p><!--end a--></ul>")
        let row = "<li data-t=\"x\">{{x}}</li><p data-if=\"y\"{{^y}} hidden{{/y}} class=\"z\"></p>"
        #expect(expanded == "<ul data-each=\"a\">{{#a}}\(row){{/a}}<template>\(row)</template></ul>")
    }
}
