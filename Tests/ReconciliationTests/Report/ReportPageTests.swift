import Foundation
import Testing

@testable import Reconciliation

struct ReportPageTests {
    static func page(_ name: String) throws -> String {
        try #require(SampleReports.all()[name]).sealed().rendered(as: .html)
    }

    @Test(arguments: SampleReports.all().keys.sorted())
    func everyPageIsWellFormedAndStandsForItself(name: String) throws {
        let html = try Self.page(name)
        let document = try PageChecker.check(html)
        #expect(document.elements["h1"] == 1)
        #expect(document.elements["title"] ?? 0 >= 1)
        for forbidden in [
            "script", "link", "img", "iframe", "object", "embed", "form", "a", "base", "video", "image", "use",
        ] {
            #expect(document.elements[forbidden] == nil, "\(forbidden)")
        }
        // Nothing is loaded from anywhere, and nothing runs.
        #expect(document.attributes.isSubset(of: PageChecker.allowedAttributes), "\(document.attributes)")
        #expect(
            html.contains(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
            ))
        #expect(
            !document.style.contains("url(") && !document.style.contains("@import") && !document.style.contains("//"))
        #expect(!html.contains("{{") || name == "hostile")
        // Every label refers to something that is there, once.
        #expect(document.ids.count == Set(document.ids).count, "an id comes twice")
        for reference in document.references { #expect(document.ids.contains(reference), "\(reference)") }
    }

    @Test func hostileTextsAreTexts() throws {
        let html = try Self.page("hostile")
        let document = try PageChecker.check(html)
        #expect(document.text.contains("<script>alert(1)</script>"))
        #expect(document.text.contains("\"><img src=x onerror=alert(1)>"))
        #expect(document.text.contains("{{headline}}{{{lede}}}"))
        #expect(document.text.contains("[U+202E]gnp.exe[U+202C]"))
        #expect(document.text.contains("a[U+001B][31mred[U+0007]"))
        #expect(document.text.contains("line[U+000A]break[U+000D]and[U+0009]tab"))
        // A quote or a bracket that something combines with is one all the same.
        #expect(!html.unicodeScalars.contains { $0.properties.isBidiControl })
        #expect(html.contains("&lt;\u{301}script&gt;&quot;\u{301} onload=&#39;x&#39;"))
        #expect(!html.lowercased().contains("<script") && !html.contains("http://evil\""))
    }

    @Test func theTemplateEscapesEverything() {
        let template = String(decoding: PackageResources.report_mustache, as: UTF8.self)
        #expect(template.hasPrefix("{{% CONTENT_TYPE:PAGE}}"))
        #expect(!template.contains("{{{") && !template.contains("{{&") && !template.contains("{{>"))
    }

    @Test func theVerdictComesFirst() throws {
        #expect(try PageChecker.check(Self.page("match")).headline == "Every figure agrees with the log")
        #expect(try PageChecker.check(Self.page("mismatch")).headline == "45 figures do not agree")
        #expect(try PageChecker.check(Self.page("month")).headline == "1,240 figures do not agree")
        #expect(try PageChecker.check(Self.page("obstacle")).headline == "The figures could not be compared")
        #expect(try PageChecker.check(Self.page("empty")).headline == "There was nothing to compare")
        var one = SampleReports.mismatch(differences: 1)
        one.external = nil
        #expect(try PageChecker.check(one.rendered(as: .html)).headline == "1 figure does not agree")
    }

    @Test func aMismatchSaysWhatAndWhere() throws {
        let report = try SampleReports.mismatch(differences: 45).sealed()
        let text = try PageChecker.check(report.rendered(as: .html)).text
        for part in [
            "In all, the results have 0.0025 EUR less and 12.000000001 USD more than the log gives.",
            "1 Jan 2026, 00:00 to 2 Jan 2026, 00:00 UTC", "archive /var/lib/sluice/archive, then topic ad-events",
            "in nanos: 412,500,000,000 by the log, 424,500,000,001 found, +12,000,000,001",
            "sluice reconcile explain \(report.id)-1", "ad-events/2/88213", "Here are the 20 largest of 45.",
            "The log and the results differ in 2 of 24 hours.", "file billing-2026-01.csv", "1,000 to 7,408,383",
            "0.01 in each currency, or 0.1 % of our amount, whichever is more",
        ] { #expect(text.contains(part), "\(part)") }
        #expect(!text.contains("\(report.id)-21"))
    }

    @Test func outcomesHaveWordsAndNotOnlyColours() throws {
        let text = try PageChecker.check(Self.page("mismatch")).text
        for words in ["✓agrees", "✗differs", "–not checked"] { #expect(text.contains(words), "\(words)") }
    }

    // MARK: The picture

    @Test func aDayIsDrawnByHours() throws {
        let picture = try #require(SpendPicture.pictures(of: SampleReports.mismatch()).first)
        #expect(picture.isSeries && !picture.isPairs)
        // 24 bars of the log, each from and to the bottom, and the line of the results.
        #expect(picture.expectedPath.count { $0 == "H" } == 48)
        #expect(picture.actualPath.count { $0 == "H" } == 24)
        #expect(picture.lessPath.count { $0 == "M" } == 1 && picture.morePath.isEmpty)
        #expect(picture.countPath.count { $0 == "M" } == 1)
        #expect(picture.amountTicks.map(\.tickLabel) == ["0", "500", "1,000", "1,500"])
        #expect(picture.timeTicks.map(\.tickLabel) == ["1 Jan", "06:00", "12:00", "18:00"])
        #expect(picture.hourRows.map(\.hourDifference) == ["0.00", "-0.0025"])
    }

    @Test func aSmallDifferenceIsSeenBesideALargeOne() throws {
        var report = SampleReports.match()
        report.hours[2].actualNanos = String(Int128(report.hours[2].expectedNanos)! + 1)
        report.hours[9].actualNanos = String(Int128(report.hours[9].expectedNanos)! + 1_000_000_000_000)
        let picture = try #require(SpendPicture.pictures(of: report).first)
        #expect(picture.morePath.contains("V460H") && picture.morePath.contains("V0H"))
    }

    @Test func anHourIsTwoBars() throws {
        let pictures = SpendPicture.pictures(of: SampleReports.mismatch(hours: 1, differences: 2))
        #expect(pictures.map(\.isPairs) == [true, true, true])
        #expect(pictures[1].pairs[0].pairExpectedLength == "77.36" && pictures[1].pairs[0].pairActualLength == "100.00")
        #expect(pictures[1].pairs[0].pairDifference == "+12.000000001")
    }

    @Test func hoursWithoutSpendAreDrawnAsNone() throws {
        var report = SampleReports.match(hours: 744)
        report.hours.removeAll { $0.currency == "EUR" && ($0.startMilliseconds / SampleReports.hour) % 3 == 1 }
        let picture = try #require(SpendPicture.pictures(of: report).first)
        #expect(picture.actualPath.count { $0 == "H" } == 744)
        #expect(picture.timeTicks.count <= 8)
    }

    /// Where a report has more hours than it may have points, a point stands for several.
    @Test func pointsOfSeveralHoursAreDrawnAsSuch() throws {
        var report = SampleReports.match(hours: 744)
        report.hours.removeAll { $0.startMilliseconds / SampleReports.hour % 3 != 0 }
        report.hours[2].differingRows = 1
        let picture = try #require(SpendPicture.pictures(of: report).first)
        #expect(picture.actualPath.count { $0 == "H" } == 248)
        #expect(picture.pictureTitle == "Spend in EUR in steps of 3 hours")
        #expect(picture.pictureDescription.contains("The log and the results differ in 1 of 248 steps of 3 hours."))
    }

    @Test func yearsAreDrawnByDays() throws {
        let picture = try #require(SpendPicture.pictures(of: SampleReports.match(hours: 17_520)).first)
        #expect(picture.pictureUnit == "by day")
        #expect(picture.actualPath.count { $0 == "H" } == 730)
    }

    @Test func whateverTheNumbersAreAPictureComesOut() {
        var report = SampleReports.match(hours: 3)
        report.hours[0].expectedNanos = String(Int128.max)
        report.hours[1].actualNanos = String(Int128.min)
        report.hours[2].startMilliseconds = .max
        #expect(throws: Never.self) { try report.rendered(as: .html) }
        report.hours[2].startMilliseconds = .min
        #expect(throws: Never.self) { try report.rendered(as: .html) }
        report.hours[2].startMilliseconds = SampleReports.start + 2 * SampleReports.hour
        #expect(throws: Never.self) { try report.rendered(as: .html) }
        for index in report.hours.indices {
            (report.hours[index].expectedNanos, report.hours[index].actualNanos) = ("0", "0")
        }
        #expect(throws: Never.self) { try report.rendered(as: .html) }
        report.createdAtMilliseconds = .max
        report.scope.partitions[0].toOffset = .min
        report.scope.fromMilliseconds = .min
        #expect(throws: Never.self) { try report.rendered(as: .html) }
    }

    @Test func axesHaveRoundSteps() {
        func labels(_ amounts: [Int128]) -> [String] {
            AmountScale(amounts.map { Nanos($0) }).ticks.map(AmountScale.label)
        }
        #expect(labels([0]) == ["0", "0.000000001"])
        #expect(labels([350_000_000]) == ["0", "0.10", "0.20", "0.30", "0.40"])
        #expect(
            labels([-3_000_000_000, 7_000_000_000]) == ["-4", "-2", "0", "2", "4", "6", "8"]
                || labels([-3_000_000_000, 7_000_000_000]) == ["-5", "0", "5", "10"])
        #expect(labels([1_000_000_000_000]).last == "1,000")
    }
}
