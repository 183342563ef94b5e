/// Makes UTF-8 of the other encodings that are read, chunk by chunk.
struct Transcoder {
    enum Source { case utf16LittleEndian, utf16BigEndian, latin1 }

    let source: Source
    // Half of a UTF-16 unit, and the first unit of a pair.
    private var half: UInt8?
    private var high: UInt32 = 0
    /// Whether the bytes broke the encoding's rules. What came before was made UTF-8; nothing is after.
    private(set) var isInvalid = false

    init(_ source: Source) { self.source = source }

    mutating func append(_ bytes: Span<UInt8>, to result: inout [UInt8]) {
        if source == .latin1 {
            for index in 0..<bytes.count {
                let byte = bytes[index]
                if byte < 0x80 {
                    result.append(byte)
                } else {
                    let scalar = byte < 0xA0 ? Transcoder.windows1252[Int(byte) - 0x80] : UInt32(byte)
                    Transcoder.append(scalar, to: &result)
                }
            }
            return
        }
        for index in 0..<bytes.count where !isInvalid {
            guard let first = half else {
                half = bytes[index]
                continue
            }
            half = nil
            let second = bytes[index]
            let unit =
                source == .utf16BigEndian ? UInt32(first) << 8 | UInt32(second) : UInt32(second) << 8 | UInt32(first)
            append(unit, &result)
        }
    }

    private mutating func append(_ unit: UInt32, _ result: inout [UInt8]) {
        if high != 0 {
            isInvalid = !(0xDC00..<0xE000).contains(unit)
            guard !isInvalid else { return }
            Transcoder.append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00), to: &result)
            high = 0
        } else if (0xD800..<0xDC00).contains(unit) {
            high = unit
        } else {
            isInvalid = (0xDC00..<0xE000).contains(unit)
            guard !isInvalid else { return }
            Transcoder.append(unit, to: &result)
        }
    }

    /// At the end of the file.
    func finish() throws(FeedError) {
        guard half == nil, high == 0, !isInvalid else { throw FeedError(.invalidUTF16) }
    }

    private static func append(_ scalar: UInt32, to result: inout [UInt8]) {
        result.append(contentsOf: UTF8.encode(Unicode.Scalar(scalar)!)!)
    }

    // WHATWG Encoding Standard, index windows-1252, from 0x80.
    private static let windows1252: [UInt32] = [
        0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152, 0x8D, 0x17D,
        0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122, 0x161, 0x203A, 0x153, 0x9D,
        0x17E, 0x178,
    ]
}

/// What the first bytes of a feed say about the rest.
struct FeedHead {
    var format: FeedFormat
    var transcoder: Transcoder?
    /// Of the byte order mark.
    var skipped: Int

    /// nil while there are too few bytes to tell.
    init?(_ bytes: [UInt8], format: FeedFormat, encoding: FeedEncoding, isEnd: Bool) throws(FeedError) {
        guard bytes.count >= 4 || isEnd else { return nil }
        guard !bytes.isEmpty else { throw FeedError(.empty) }
        try FeedHead.refuseContainers(bytes)
        transcoder = nil
        skipped = 0
        if bytes.starts(with: [0xFF, 0xFE, 0, 0]) || bytes.starts(with: [0, 0, 0xFE, 0xFF]) {
            throw FeedError(.utf32)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            skipped = 3
        } else if bytes.starts(with: [0xFF, 0xFE]) {
            (skipped, transcoder) = (2, Transcoder(.utf16LittleEndian))
        } else if bytes.starts(with: [0xFE, 0xFF]) {
            (skipped, transcoder) = (2, Transcoder(.utf16BigEndian))
        } else if bytes.prefix(4).contains(0) {
            throw FeedError(.utf16WithoutMark)
        } else if encoding == .latin1 {
            transcoder = Transcoder(.latin1)
        }
        let step = transcoder.map { $0.source == .latin1 ? 1 : 2 } ?? 1
        let isLittle = transcoder?.source == .utf16LittleEndian
        // The ASCII of the head, whatever its encoding.
        var head: [UInt8] = []
        var index = skipped
        while index + step <= bytes.count {
            head.append(step == 1 || isLittle ? bytes[index] : bytes[index + 1])
            index += step
        }
        head.removeFirst(head.firstIndex { !$0.isSpace } ?? head.count)
        let isFull = isEnd || bytes.count >= 1024
        guard !head.isEmpty || isFull else { return nil }
        self.format = format
        if format == .automatic {
            self.format = head.first == UInt8(ascii: "<") ? .xml : head.first == UInt8(ascii: "{") ? .jsonLines : .csv
            if head.first == UInt8(ascii: "[") { self.format = .jsonLines }
        }
        guard self.format == .xml else { return }
        // Up to the end of the first tag: the XML declaration, or what tells a web page.
        guard let end = head.firstIndex(of: UInt8(ascii: ">")) else {
            if !isFull { return nil }
            return
        }
        let tag = String(decoding: head[..<end], as: UTF8.self).lowercased()
        if tag.hasPrefix("<!doctype html") || tag.hasPrefix("<html") { throw FeedError(.webPage, line: 1, column: 1) }
        guard tag.hasPrefix("<?xml"), transcoder == nil, skipped == 0, let name = FeedHead.encodingName(tag) else {
            return
        }
        switch name {
        case "utf-8", "utf8", "us-ascii", "ascii": break
        case "iso-8859-1", "latin1", "windows-1252", "cp1252", "iso_8859-1": transcoder = Transcoder(.latin1)
        default: throw FeedError(.encodingUnsupported, line: 1, column: 1)
        }
    }

    private static func encodingName(_ declaration: String) -> String? {
        let bytes = Array(declaration.utf8)
        let key = Array("encoding".utf8)
        guard bytes.count > key.count,
            let start = (0..<bytes.count - key.count).first(where: { bytes[$0..<$0 + key.count].elementsEqual(key) })
        else { return nil }
        let rest = bytes[(start + key.count)...].drop { $0.isSpace || $0 == UInt8(ascii: "=") }
        guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
        return String(decoding: rest.dropFirst().prefix { $0 != quote }, as: UTF8.self)
    }

    private static func refuseContainers(_ bytes: [UInt8]) throws(FeedError) {
        let compressed: [[UInt8]] = [
            [0x1F, 0x8B], [0x28, 0xB5, 0x2F, 0xFD], [0x42, 0x5A, 0x68], [0xFD, 0x37, 0x7A, 0x58],
        ]
        for magic in compressed where bytes.starts(with: magic) { throw FeedError(.compressed) }
        for magic in [[0x50, 0x4B, 0x03, 0x04], [0xD0, 0xCF, 0x11, 0xE0]] as [[UInt8]] where bytes.starts(with: magic) {
            throw FeedError(.spreadsheet)
        }
    }
}
