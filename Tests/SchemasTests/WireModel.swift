/// The wire format read slowly and plainly, as a third opinion: an independent walk over the bytes by Google's
/// rules that also notes where protobuf-c goes another way, and what the bytes would be without those places.
struct WireModel {
    /// Where protobuf-c, or one parser of Google's, departs from Google's C++ parser.
    struct Quirks: OptionSet {
        let rawValue: Int
        /// A known field number with another wire type: protobuf-c refuses it.
        static let wrongWireType = Quirks(rawValue: 1)
        /// The start of a group: protobuf-c refuses it.
        static let group = Quirks(rawValue: 2)
        /// protobuf-c takes the field for an unknown one, and upb does so inside a group.
        static let fieldNumberZero = Quirks(rawValue: 4)
        /// protobuf-c reads another field number; upb refuses it.
        static let tagBeyond32Bits = Quirks(rawValue: 8)
        /// protobuf-c ends the string there.
        static let zeroInString = Quirks(rawValue: 16)
    }

    private(set) var quirks: Quirks = []
    private(set) var accepted = false
    /// The known fields alone, with their shortest tags, in the order in which they came, and question marks for
    /// zero bytes in strings: what any parser must read as Google's reads the original.
    private(set) var canonical: [UInt8] = []

    /// The fields of a message that has no messages in it.
    struct Schema {
        /// The wire type of each field, by its number.
        let wireTypes: [UInt32: UInt32]
        /// The tags of the fields that are strings.
        let strings: Set<UInt32>

        static let adEvent = Schema(
            wireTypes: [1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 9: 0, 10: 2, 11: 0, 12: 2, 13: 1, 14: 0],
            strings: [0x52, 0x62])
        static let spendAdjustment = Schema(
            wireTypes: [1: 2, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0, 7: 0, 8: 2, 9: 2, 10: 2], strings: [0x42, 0x4A, 0x52])
        static let campaignBudget = Schema(
            wireTypes: [1: 0, 2: 0, 3: 2, 4: 0, 5: 0, 6: 2, 7: 0, 8: 0, 9: 0], strings: [0x1A, 0x32])
    }

    private let bytes: [UInt8]
    private let schema: Schema
    private var place = 0

    init(_ bytes: [UInt8], _ schema: Schema = .adEvent) {
        self.bytes = bytes
        self.schema = schema
        accepted = walk()
    }

    private mutating func walk() -> Bool {
        var open: [UInt32] = []
        while place < bytes.count {
            guard let (digits, length) = varintDigits(limit: 5) else { return false }
            if length == 5, digits >> 32 != 0 { quirks.insert(.tagBeyond32Bits) }
            let tag = UInt32(truncatingIfNeeded: digits)
            let (number, wireType) = (tag >> 3, tag & 7)
            if number == 0 {
                quirks.insert(.fieldNumberZero)
                return false
            }
            if wireType == 3 {
                quirks.insert(.group)
                open.append(number)
                if open.count > 100 { return false }
                continue
            }
            if wireType == 4 {
                guard open.popLast() == number else { return false }
                continue
            }
            if open.isEmpty, let expected = schema.wireTypes[number], expected != wireType {
                quirks.insert(.wrongWireType)
            }
            let start = place
            guard passBody(wireType) else { return false }
            if open.isEmpty, schema.wireTypes[number] == wireType { keep(tag, Array(bytes[start..<place])) }
        }
        return open.isEmpty
    }

    private mutating func passBody(_ wireType: UInt32) -> Bool {
        switch wireType {
        case 0: return varintDigits(limit: 10) != nil
        case 1: place += 8
        case 2:
            guard let (length, _) = varintDigits(limit: 5), length < 0x7FFF_FFF0 else { return false }
            place += Int(length)
        case 5: place += 4
        default: return false
        }
        return place <= bytes.count
    }

    private mutating func keep(_ tag: UInt32, _ body: [UInt8]) {
        canonical.append(UInt8(tag))
        guard schema.strings.contains(tag) else {
            canonical += body
            return
        }
        let header = body.firstIndex { $0 < 0x80 }! + 1
        if body[header...].contains(0) { quirks.insert(.zeroInString) }
        canonical += body[..<header] + body[header...].map { $0 == 0 ? 0x3F : $0 }
    }

    /// A varint and how many bytes it had; nil where it does not end within the limit or the bytes.
    private mutating func varintDigits(limit: Int) -> (UInt64, Int)? {
        var value: UInt64 = 0
        for index in 0..<limit {
            guard place < bytes.count else { return nil }
            let byte = bytes[place]
            place += 1
            value |= UInt64(byte % 128) << (7 * index)
            if byte < 128 { return (value, index + 1) }
        }
        return nil
    }
}
