import Schemas

/// The code that protoc-c generated, alone behind its limits: bytes that are repeated up to and beyond the limit of
/// size, so that small inputs reach many fields, many unknown fields and long strings. What it may allocate is bounded
/// by libFuzzer's `-malloc_limit_mb`, which `run.sh` sets.
func fuzzUnpacker(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    let repeats = Int(input.integer(UInt16.self))
    let head = input.run()
    let unit = input.remainder()
    var payload = head
    payload.reserveCapacity(AdEventReference.sizeLimit + unit.count)
    if !unit.isEmpty {
        for _ in 0..<repeats where payload.count <= AdEventReference.sizeLimit { payload += unit }
    }
    let event = AdEventReference.decode(payload)
    if payload.count > AdEventReference.sizeLimit {
        require(event == nil, "\(payload.count) bytes were unpacked")
        return
    }
    require(AdEventReference.decode(payload) == event, "unpacked twice, another answer: \(shown(payload))")
    if var event {
        // The writer leaves out what is beyond its longest id.
        event.idLength = min(event.idLength, Int32(AdEventWriter.idLengthLimit))
        require(AdEventReference.decode(AdEventWriter.encode(event)) == event, "written and read: \(shown(payload))")
    }
}
