import Schemas
import Testing

@Suite struct InlineTextTests {
    private func text(_ bytes: [UInt8]) -> InlineText<8> { bytes.withUnsafeBytes { InlineText($0) } }

    @Test func aTextIsItsBytes() {
        for count in 0...8 {
            let bytes = (0..<count).map { UInt8(65 + $0) }
            let text = text(bytes)
            #expect(text.count == count && text.fits && text.isEmpty == (count == 0))
            #expect(text.bytes == bytes)
            #expect(text.description == String(decoding: bytes, as: UTF8.self))
        }
        #expect(InlineText<8>("käse").bytes == Array("käse".utf8))
        #expect(InlineText<8>() == InlineText(""))
    }

    @Test func ofATextThatDoesNotFitTheLengthIsKept() {
        let long = text(Array(repeating: 65, count: 9))
        #expect(long.count == 9 && !long.fits && !long.isEmpty)
        #expect(long.bytes == [])
        #expect(long.description == "(9 bytes)")
        #expect(long == text(Array(repeating: 66, count: 9)), "what it spelled is not known")
        #expect(long != text(Array(repeating: 65, count: 10)) && long != text([]))
    }

    @Test func equalTextsAreOne() {
        #expect(
            text([65, 66]) == text([65, 66]) && text([65, 66]) != text([65, 67]) && text([65]) != text([65, 65]))
        // Zeros are bytes like others, although what is behind a text is zeros too.
        #expect(text([65]) != text([65, 0]) && text([]) != text([0]))
        #expect(text([65, 0]).bytes == [65, 0])
        let all = [[], [0], [0, 0], [65], [65, 0], [65, 66], Array(repeating: 65, count: 9)].map { text($0) }
        #expect(Set(all).count == all.count && Set(all + all) == Set(all))
    }

    @Test func whatIsNotUTF8IsShownReplaced() {
        #expect(text([65, 0xFF]).description == "A\u{FFFD}")
        #expect(text([65, 0xFF]).bytes == [65, 0xFF])
    }

    @Test func itIsPlainBytes() {
        #expect(MemoryLayout<InlineText<64>>.size == 68)
        #expect(MemoryLayout<InlineText<128>>.stride == 132)
    }
}
