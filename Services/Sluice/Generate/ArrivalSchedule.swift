/// When each record of a stream arrives: never earlier than the one before, over the whole span, denser in the
/// evening than at night.
struct ArrivalSchedule {
    /// The traffic of each hour of a day in UTC in per cent of the busiest; between the hours it goes in a line.
    static let hourlyTraffic: [Int64] = [
        38, 29, 23, 20, 19, 22, 30, 42, 54, 63, 69, 73, 77, 76, 74, 75, 79, 85, 92, 98, 100, 93, 76, 55,
    ]

    private let startMilliseconds: Int64
    private let spanMilliseconds: Int64
    private let count: Int64
    private let stepMilliseconds: Int64
    /// The traffic up to the beginning of each step, and all of it at the end.
    private let cumulative: [Int64]
    private var step = 0

    /// - Parameters:
    ///   - startMilliseconds: Unix time at which the span begins.
    ///   - spanMilliseconds: how long it is, at least 1.
    ///   - count: how many records arrive in it.
    init(startMilliseconds: Int64, spanMilliseconds: Int64, count: Int64) {
        self.startMilliseconds = startMilliseconds
        self.spanMilliseconds = max(spanMilliseconds, 1)
        self.count = count
        let steps = min(max(spanMilliseconds / 1000, 1), 4096)
        let stepMilliseconds = max(1, (spanMilliseconds + steps - 1) / steps)
        self.stepMilliseconds = stepMilliseconds
        var sum: Int64 = 0
        var sums: [Int64] = [0]
        var position: Int64 = 0
        while position < self.spanMilliseconds {
            // The last step may be shorter, and so is its share.
            let length = min(stepMilliseconds, self.spanMilliseconds - position)
            sum += Self.traffic(atMilliseconds: startMilliseconds + position) * length
            sums.append(sum)
            position += length
        }
        cumulative = sums
    }

    /// When the record with this number arrives, in milliseconds of Unix time.
    ///
    /// - Parameter index: from 0; each call's must not be smaller than the last's.
    mutating func arrivalMilliseconds(of index: Int64, using random: inout SeededRandom) -> Int64 {
        let total = cumulative[cumulative.count - 1]
        // Each record has its own equal share of the traffic, and arrives at a random place within that.
        let slot = max(total / max(count, 1), 1)
        let target = Int64(Int128(total) * Int128(index) / Int128(max(count, 1))) + random.below(slot)
        while step + 2 < cumulative.count, cumulative[step + 1] <= target { step += 1 }
        let inStep = cumulative[step + 1] - cumulative[step]
        let beginning = Int64(step) * stepMilliseconds
        let length = min(stepMilliseconds, spanMilliseconds - beginning)
        let offset = (min(target, total - 1) - cumulative[step]) * length / max(inStep, 1)
        return startMilliseconds + beginning + min(max(offset, 0), length - 1)
    }

    /// The traffic at an instant, in hundredths of a per cent of the busiest hour's; at least 1.
    static func traffic(atMilliseconds time: Int64) -> Int64 {
        let dayMilliseconds: Int64 = 86_400_000
        let ofDay = ((time % dayMilliseconds) + dayMilliseconds) % dayMilliseconds
        let hour = Int(ofDay / 3_600_000)
        let intoHour = ofDay % 3_600_000
        let from = hourlyTraffic[hour]
        let to = hourlyTraffic[(hour + 1) % 24]
        return max(1, from * 100 + (to - from) * 100 * intoHour / 3_600_000)
    }
}
