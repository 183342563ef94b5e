internal import FoundationEssentials

/// What a kept recount stands on: one generation of its runs. One line of JSON, and a line with its checksum.
struct RecountManifest: Codable, Equatable {
    static let currentVersion = 1

    struct Run: Codable, Equatable {
        var name: String
        var count: Int
        var newest: Int64
        var checksum: Hexadecimal

        init<Entry>(_ file: RunFile<Entry>) {
            name = file.name
            count = file.count
            newest = file.newest
            checksum = Hexadecimal(value: file.checksum)
        }
    }

    /// 64 bits, which readers of JSON might round.
    struct Hexadecimal: Codable, Equatable {
        var value: UInt64
        init(value: UInt64) { self.value = value }
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            guard let value = UInt64(try container.decode(String.self), radix: 16) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "no hexadecimal number")
            }
            self.value = value
        }
        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            try container.encode(RecountText.hexadecimal(value))
        }
    }

    struct Part: Codable, Equatable {
        var state: RecountedPartition
        /// From the oldest to the newest.
        var ids: [Run]
        var repeats: Int64
        /// Decimal text by currency.
        var repeatNanos: [String: String]
    }

    var version = Self.currentVersion
    var topic: String
    var settings: RecountSettings
    var generation: Int64
    var nextFile: Int64
    var minutesBegin: Int64?
    var touchedHours: [Int64]
    var partitions: [Part]
    var rows: [Run]
    var letters: [Run]
    var repeats: Run?

    var names: Set<String> {
        var names = Set((rows + letters).map(\.name))
        for part in partitions { names.formUnion(part.ids.map(\.name)) }
        if let repeats { names.insert(repeats.name) }
        return names
    }

    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let line = [UInt8](try encoder.encode(self))
        return line + [0x0A] + Array(RecountText.hexadecimal(Self.checksum(line)).utf8) + [0x0A]
    }

    /// - Throws: `damaged` by way of `folder`.
    static func decoded(_ bytes: [UInt8], from folder: RunFolder) throws -> RecountManifest {
        let path = folder.path(of: RunFolder.manifestName)
        // 16 digits and two ends of lines stand behind the JSON.
        guard bytes.count > 18, bytes[bytes.count - 18] == 0x0A, bytes[bytes.count - 1] == 0x0A else {
            throw folder.damaged("\(path) ends too early")
        }
        let line = Array(bytes[..<(bytes.count - 18)])
        let digits = String(decoding: bytes[(bytes.count - 17)..<(bytes.count - 1)], as: UTF8.self)
        guard digits == RecountText.hexadecimal(checksum(line)) else {
            throw folder.damaged("\(path) is not what was written: its checksum differs")
        }
        struct Version: Decodable { var version: Int }
        do {
            let version = try JSONDecoder().decode(Version.self, from: Data(line)).version
            guard version == currentVersion else {
                throw RecountError(
                    .mismatch,
                    "the recount in \(folder.path) was written by another version (format \(version), this one is "
                        + "\(currentVersion)); remove the folder to start afresh from the log")
            }
            return try JSONDecoder().decode(RecountManifest.self, from: Data(line))
        } catch let error as RecountError {
            throw error
        } catch {
            throw folder.damaged("\(path) cannot be understood (\(error))")
        }
    }

    private static func checksum(_ line: [UInt8]) -> UInt64 {
        var hash = RunHash()
        // Words of 8 bytes: the rest is filled up with zeros, and the count is part of the checksum.
        let padded = line + [UInt8](repeating: 0, count: (8 - line.count % 8) % 8 + 8)
        padded.withUnsafeBytes { hash.add($0) }
        return hash.value ^ UInt64(line.count)
    }
}
