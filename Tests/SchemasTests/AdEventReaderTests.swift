import Schemas
import Testing

@Suite struct AdEventReaderTests {
    @Test func noBytesAreAnEventOfZeros() {
        var event = AdEvent(advertiserID: 5)
        #expect(AdEventReader.read(UnsafeRawBufferPointer(start: nil, count: 0), into: &event))
        #expect(event == AdEvent())
        #expect(decode([]) == AdEvent())
    }

    @Test func theEventKeepsItsSize() {
        #expect(MemoryLayout<AdEvent>.stride == 104)
    }

    /// Every prefix of a payload in memory that ends exactly there, so that an address sanitizer sees a read beyond it.
    @Test func nothingIsReadBeyondTheEnd() {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<200 {
            let payload = AdEventWriter.encode(randomEvent(&generator))
            for count in 0...payload.count {
                let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
                defer { exact.deallocate() }
                exact.copyBytes(from: payload[..<count])
                var event = AdEvent()
                let read = AdEventReader.read(UnsafeRawBufferPointer(exact), into: &event)
                #expect(read == WireModel(Array(payload[..<count])).accepted)
            }
        }
    }

    @Test func payloadsThatAreNotAligned() {
        var generator = SeededGenerator(seed: 6)
        for shift in 0..<16 {
            let event = randomEvent(&generator)
            let payload = [UInt8](repeating: 0xEE, count: shift) + AdEventWriter.encode(event) + [0xEE, 0xEE]
            let read = payload.withUnsafeBytes { all in
                var read = AdEvent()
                let ok = AdEventReader.read(UnsafeRawBufferPointer(rebasing: all[shift..<all.count - 2]), into: &read)
                return ok ? read : nil
            }
            #expect(read == event)
        }
    }

    @Test func aLongIdIsCountedInFull() {
        let payload: [UInt8] = [0x0A, 0xAC, 0x02] + [UInt8](repeating: 1, count: 300)
        #expect(decode(payload) == AdEvent(idLength: 300))
    }

    @Test func enumsAreOpen() {
        #expect(decode([0x38, 0x05])?.type == 5)
        #expect(decode([0x38, 0x05])?.eventType == nil)
        #expect(decode([0x38, 0x04])?.eventType == .videoView)
        #expect(decode([0x40, 0x03])?.pricingModel == .cpa)
        #expect(decode([])?.eventType == .unspecified)
        // The low 32 bits of 2^32 + 1.
        #expect(decode([0x38, 0x81, 0x80, 0x80, 0x80, 0x10])?.eventType == .impression)
    }

    // pitfall: library-unpacker-without-limits
    @Test func theReferenceRefusesWhatIsTooLong() {
        let filler = [UInt8](repeating: 0x61, count: 300)
        var payload: [UInt8] = [0x10, 0x05]
        while payload.count + 303 <= AdEventReference.sizeLimit { payload += [0x7A, 0xAC, 0x02] + filler }
        #expect(AdEventReference.decode(payload) == AdEvent(eventTimeMilliseconds: 5))
        payload += [0x7A, 0xAC, 0x02] + filler
        #expect(AdEventReference.decode(payload) == nil)
        #expect(decode(payload) == AdEvent(eventTimeMilliseconds: 5))
    }

    /// The size bounds the number of fields: the most are 32,768 unknown ones of two bytes, which unpack.
    @Test func theReferenceTakesAsManyFieldsAsFitItsSize() {
        let fields = [[UInt8]](repeating: [0x78, 0x01], count: AdEventReference.sizeLimit / 2).flatMap { $0 }
        #expect(AdEventReference.decode(fields) == AdEvent())
        #expect(AdEventReference.decode(fields + [0x78, 0x01]) == nil)
    }
}
