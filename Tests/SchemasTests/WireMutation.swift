import Schemas

/// Changes a payload in one place, as damage or another schema would.
func mutate(_ payload: inout [UInt8], _ others: [[UInt8]], _ generator: inout SeededGenerator) {
    let place = Int.random(in: 0...payload.count, using: &generator)
    switch generator.next() % 7 {
    case 0 where place < payload.count: payload[place] = UInt8(truncatingIfNeeded: generator.next())
    case 1 where place < payload.count: payload[place] ^= 1 << (generator.next() & 7)
    case 2: payload.insert(UInt8(truncatingIfNeeded: generator.next()), at: place)
    case 3 where place < payload.count: payload.remove(at: place)
    case 4: payload.removeLast(payload.count - place)
    case 5:
        let other = others.randomElement(using: &generator)!
        payload.insert(contentsOf: other.suffix(Int.random(in: 0...other.count, using: &generator)), at: place)
    default:
        let pieces: [[UInt8]] = [
            [0x7B, 0x7C], [0x7B, 0x10, 0x05, 0x7C], [0x0B, 0x0C], [0x7B], [0x7C],
            [0x90, 0x80, 0x80, 0x80, 0x10, 0x07],
            [0x7D, 1, 2, 3, 4], [0x15, 1, 2, 3, 4], [0x92, 0x00, 0x01, 0x41], [0x02, 0x00],
            [0x52, 0x04, 0x55, 0x53, 0x44, 0],
            [0x80], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x10, 0x80, 0x80, 0x00],
        ]
        payload.insert(contentsOf: pieces.randomElement(using: &generator)!, at: place)
    }
}
