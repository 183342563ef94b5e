/// A diagnosis for a terminal.
enum DiagnosisText {
    static func of(_ diagnosis: Diagnosis) -> String {
        var text = ""
        for (index, finding) in diagnosis.findings.enumerated() {
            let percent = Int((finding.likelihood * 100).rounded())
            text += "\(index + 1). \(TerminalText.safe(finding.title))  [\(finding.cause), \(percent) %]\n"
            for evidence in finding.evidence { text += "   seen: \(TerminalText.safe(evidence))\n" }
            for step in finding.nextSteps {
                text += "   do:   \(TerminalText.safe(step.text))\n"
                if let command = step.command { text += "         $ \(TerminalText.safe(command))\n" }
            }
            if let runbook = finding.runbook { text += "   read: \(runbook)\n" }
            text += "\n"
        }
        for sign in diagnosis.healthy { text += "well: \(TerminalText.safe(sign))\n" }
        for gap in diagnosis.notExamined { text += "not looked at: \(TerminalText.safe(gap))\n" }
        if !diagnosis.healthy.isEmpty || !diagnosis.notExamined.isEmpty { text += "\n" }
        return text + verdict(diagnosis) + "\n"
    }

    private static func verdict(_ diagnosis: Diagnosis) -> String {
        if let first = diagnosis.findings.first { return "likeliest cause: \(first.cause)" }
        if diagnosis.healthy.isEmpty { return "nothing could be looked at" }
        return diagnosis.notExamined.isEmpty
            ? "healthy" : "nothing wrong was found, but not everything could be looked at"
    }
}
