/// The hours of one currency without gaps: an hour that the report does not have had no spend. Long ranges are drawn by days
/// or weeks, because a picture has only so many points.
struct SpendSeries {
    struct Point {
        var start: Int64
        var expected: Nanos
        var actual: Nanos
        var differingRows: Int64
        var differs: Bool { expected != actual || differingRows > 0 }

        init(start: Int64, expected: Nanos = Nanos(0), actual: Nanos = Nanos(0), differingRows: Int64 = 0) {
            self.start = start
            self.expected = expected
            self.actual = actual
            self.differingRows = differingRows
        }

        init(_ hour: ReconciliationReport.HourPoint) {
            self.init(
                start: hour.startMilliseconds, expected: Nanos(hour.expectedNanos) ?? Nanos(0),
                actual: Nanos(hour.actualNanos) ?? Nanos(0), differingRows: hour.differingRows)
        }
    }

    private static let hour: Int64 = 3_600_000
    /// More points than a wide page has dots are of no use.
    private static let mostPoints: Int64 = 1_000

    /// Milliseconds of one point.
    let width: Int64
    private(set) var points: [Point]

    /// One point's time, and several of them: "hour" and "hours", "step of 3 hours" and "steps of 3 hours".
    var unit: String { isNamed ? length : "step of \(length)" }
    var units: String { isNamed ? length + "s" : "steps of \(length)" }
    /// "by hour", "in steps of 3 hours".
    var unitWords: String { isNamed ? "by \(length)" : "in \(units)" }

    private var isNamed: Bool { [Self.hour, 24 * Self.hour, 168 * Self.hour].contains(width) }
    private var length: String {
        switch width {
        case Self.hour: "hour"
        case 24 * Self.hour: "day"
        case 168 * Self.hour: "week"
        default: ReconciliationReport.duration(width)
        }
    }

    /// A report of a long range has points of several hours, which begin at multiples of their length. With few points one
    /// cannot tell, and there is no need to: they are of one hour.
    static func step(of hours: [ReconciliationReport.HourPoint]) -> Int64 {
        guard hours.count >= 400 else { return hour }
        let lengths: [Int64] = [87_600, 8_760, 720, 168, 24, 6, 3]
        return lengths.map { $0 * hour }.first { length in hours.allSatisfy { $0.startMilliseconds % length == 0 } }
            ?? hour
    }

    /// Nil where there is nothing to draw, or what there is lies further apart than any log.
    init?(_ hours: [Point], step: Int64) {
        guard let first = hours.map(\.start).min(), let last = hours.map(\.start).max(),
            first > -100_000_000_000_000, last < 100_000_000_000_000
        else { return nil }
        let span = (last - first) / Self.hour + 1
        let drawn =
            span <= Self.mostPoints ? Self.hour : span <= 24 * Self.mostPoints ? 24 * Self.hour : 168 * Self.hour
        width = step % drawn == 0 ? step : drawn
        let begin = first - (first % width + width) % width
        let count = (last - begin) / width + 1
        guard count <= 100_000 else { return nil }
        points = (0..<count).map { [width] in Point(start: begin + $0 * width) }
        for hour in hours {
            let index = Int((hour.start - begin) / width)
            points[index].expected = points[index].expected + hour.expected
            points[index].actual = points[index].actual + hour.actual
            points[index].differingRows =
                points[index].differingRows.addingReportingOverflow(hour.differingRows).partialValue
        }
    }

    /// At most eight moments to name below the picture, each with the number of the point that begins there.
    var ticks: [(index: Int, label: String)] {
        let steps: [Int64] = [1, 2, 3, 6, 12, 24, 48, 96, 120, 168, 336, 720, 1440, 2880, 8760, 17_520, 87_600]
        let hours = Int64(points.count) * width / Self.hour
        let step = (steps.first { $0 * Self.hour >= width && hours / $0 <= 7 } ?? hours) * Self.hour
        // Days are counted from the first one of the picture.
        let first = points.first { CivilTime(milliseconds: $0.start).hour == 0 }?.start ?? 0
        let origin = step > 24 * Self.hour ? first : 0
        return points.enumerated().compactMap { index, point in
            guard ((point.start - origin) % step + step) % step < width else { return nil }
            let time = CivilTime(milliseconds: point.start)
            if step < 24 * Self.hour { return (index, time.hour == 0 ? time.shortDate : time.clock) }
            return (index, step >= 1440 * Self.hour ? time.date : time.shortDate)
        }
    }
}
