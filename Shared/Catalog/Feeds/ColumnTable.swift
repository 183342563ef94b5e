/// The names of a feed's columns, elements or keys, each with a small number. Looked up by bytes, without a String a
/// value.
struct ColumnTable {
    private(set) var names: [String] = []
    // The names behind each other, and where each ends.
    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    // Open addressing: index + 1, 0 for free. A power of two, at most half full.
    private var slots = [Int32](repeating: 0, count: 64)

    /// The number of a name, a new one where it was not seen before.
    @inline(__always)
    mutating func intern(_ name: Span<UInt8>) -> Int32 {
        var slot = Int(truncatingIfNeeded: name.hash64) & (slots.count - 1)
        while slots[slot] != 0 {
            let index = slots[slot] - 1
            if bytes.span.extracting(range(Int(index))).equals(name) { return index }
            slot = (slot + 1) & (slots.count - 1)
        }
        return add(name)
    }

    /// A column of its own, whether or not the name is taken: two columns of a header may have the same name.
    @discardableResult
    mutating func add(_ name: Span<UInt8>) -> Int32 {
        bytes.append(name)
        ends.append(bytes.count)
        names.append(name.text)
        if names.count * 2 > slots.count {
            slots = [Int32](repeating: 0, count: slots.count * 2)
            for index in names.indices { enter(index) }
        } else {
            enter(names.count - 1)
        }
        return Int32(names.count - 1)
    }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    private mutating func enter(_ index: Int) {
        var slot = Int(truncatingIfNeeded: bytes.span.extracting(range(index)).hash64) & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(index + 1)
    }
}

/// Where a parser is in the file.
struct FeedPosition {
    /// Bytes before the span that is being parsed.
    var base = 0
    var line = 1
    /// Of the line's first byte in the file.
    var lineStart = 0
    private var lastWasReturn = false

    func column(_ index: Int) -> Int { base + index - lineStart + 1 }

    /// A CR, a LF or both end one line.
    @inline(__always)
    mutating func lineEnded(_ byte: UInt8, at index: Int) {
        if byte == 0x0A, lastWasReturn, lineStart == base + index {
            lineStart = base + index + 1
            lastWasReturn = false
            return
        }
        line += 1
        lineStart = base + index + 1
        lastWasReturn = byte == 0x0D
    }
}
