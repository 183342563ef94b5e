/// Rows of all levels but days: sums of what came last in memory, what came before in runs. Hours and lifetimes are added up
/// from the minutes on their way to a run.
final class RowStore {
    private(set) var stack: RunStack<SpendRow>
    private let table = RowTable()
    private let derived = RowTable()
    private let folder: RunFolder
    private let limit: Int
    private let group = Group()
    private var touched: Int64 = 0
    /// Minute rows that begin before this are left out.
    var minutesBegin: Int64?

    init(_ runs: [RunFile<SpendRow>] = [], in folder: RunFolder, limits: RecountLimits) {
        stack = RunStack(runs)
        self.folder = folder
        limit = limits.rowsInMemory
    }

    private var floor: Int64 { minutesBegin ?? .min }

    /// Adds up what a judged block has of counted and invalid events.
    func add(_ block: JudgedBlock) throws {
        var position = 0
        while position < block.count {
            // A group of events: their keys, then what these need of the table, then the sums.
            var count = 0
            while position < block.count, count < Group.size {
                let mark = block.marks + position
                if mark.pointee.fault == nil, !mark.pointee.isDuplicate {
                    group.set(count, block.events + position)
                    group.positions[count &>> 2] = position
                    count &+= 4
                }
                position &+= 1
            }
            touched &+= table.touch(group.hashes, group.entries, count: count)
            for number in 0..<count {
                let place = group.positions[number &>> 2]
                block.events[place].add(
                    to: table.counts(of: group.keys[number], group.hashes[number]), isLate: block.marks[place].isLate)
                if table.count >= limit { try flush() }
            }
        }
    }

    /// The rows of some events, which are looked up together: four for each event.
    private final class Group {
        static let size = 128
        let keys = UnsafeMutablePointer<SpendRowKey>.allocate(capacity: size)
        let hashes = UnsafeMutablePointer<UInt64>.allocate(capacity: size)
        let entries = UnsafeMutablePointer<UInt64>.allocate(capacity: size)
        let positions = UnsafeMutablePointer<Int>.allocate(capacity: size / 4)

        /// Sets four keys from `place` on.
        @inline(__always)
        func set(_ place: Int, _ event: UnsafePointer<RecountedEvent>) {
            keys[place] = event.pointee.rowKey(.minute)
            keys[place &+ 1] = event.pointee.rowKey(.adHour)
            keys[place &+ 2] = event.pointee.rowKey(.placementHour)
            keys[place &+ 3] = event.pointee.rowKey(.countryHour)
            for number in place..<(place &+ 4) { hashes[number] = RowTable.hash(keys[number]) }
        }

        deinit {
            keys.deallocate()
            hashes.deallocate()
            entries.deallocate()
            positions.deallocate()
        }
    }

    /// Turns what is in memory into a run.
    func flush() throws {
        guard table.count > 0 else { return }
        let order = table.order()
        let minute = SpendLevel.minute.rawValue
        let minutes = order.prefix { table.rows[Int($0)].key.level == minute }
        var writer = try RunWriter<SpendRow>(in: folder)
        derived.removeAll()
        for number in minutes {
            let row = table.rows[Int(number)]
            derive(row)
            if row.isKept(floor) { try writer.append(row) }
        }
        // By level: hours and lifetimes stand between minutes and the rest.
        for number in derived.order() { try writer.append(derived.rows[Int(number)]) }
        for number in order.dropFirst(minutes.count) { try writer.append(table.rows[Int(number)]) }
        table.removeAll()
        derived.removeAll()
        try stack.push(try writer.finish(), in: folder, floor: floor)
    }

    private func derive(_ row: SpendRow) {
        var key = row.key
        key.level = SpendLevel.hour.rawValue
        key.start -= key.start % 3_600_000
        derived.counts(of: key).pointee += row.counts
        key.level = SpendLevel.lifetime.rawValue
        key.start = 0
        derived.counts(of: key).pointee += row.counts
    }

    /// The rows of a level whose windows begin in a range.
    func rows(_ level: SpendLevel, from: Int64?, to: Int64?) throws -> RecountedRows {
        try flush()
        var from = from
        if level == .minute, let minutesBegin { from = max(from ?? minutesBegin, minutesBegin) }
        let parts = stack.runs.enumerated().map { number, run in
            let start = run.lowerBound { $0.pointee.isBefore(level, from ?? .min) }
            let end = run.lowerBound { row in
                guard let to else { return row.pointee.key.level <= level.rawValue }
                return row.pointee.isBefore(level, to)
            }
            return RunMerge<SpendRow>.Part(place: start, end: end, tag: Int32(truncatingIfNeeded: number))
        }
        return RecountedRows(RunMerge(parts, of: stack.runs))
    }
}

extension SpendRow {
    fileprivate func isBefore(_ level: SpendLevel, _ start: Int64) -> Bool {
        key.level != level.rawValue ? key.level < level.rawValue : key.start < start
    }
}

/// Rows of a recount, those of equal keys added up.
final class RecountedRows: SpendRowStream {
    private var merge: RunMerge<SpendRow>

    init(_ merge: RunMerge<SpendRow>) { self.merge = merge }

    func next() -> SpendRow? {
        guard let first = merge.least else { return nil }
        var row = first.entry.pointee
        merge.pass()
        while let more = merge.least, more.entry.pointee.key == row.key {
            row.counts += more.entry.pointee.counts
            merge.pass()
        }
        return row
    }
}

extension RecountedEvent {
    @inline(__always)
    fileprivate func add(to counts: UnsafeMutablePointer<SpendCounts>, isLate: Bool) {
        guard invalidReason == 0 else {
            counts.pointee.invalidEvents += 1
            return
        }
        switch type {
        case 1: counts.pointee.impressions += 1
        case 2: counts.pointee.clicks += 1
        case 3: counts.pointee.conversions += 1
        default: counts.pointee.videoViews += 1
        }
        if isLate { counts.pointee.lateEvents += 1 }
        if type == pricing { counts.pointee.spendNanos += Int128(chargeNanos ?? 0) }
    }
}
