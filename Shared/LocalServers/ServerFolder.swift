import Foundation
import Glibc

/// What a server needs of the file system.
enum ServerFolder {
    /// The absolute path of a folder, made with its parents if it is missing.
    static func make(_ path: String) throws -> String {
        let absolute = absolutePath(path)
        do {
            try FileManager.default.createDirectory(atPath: absolute, withIntermediateDirectories: true)
        } catch {
            throw LocalServersError(.fileSystem, "cannot make the folder \(absolute)", context: "\(error)")
        }
        return absolute
    }

    /// Makes a folder with a name of its own, `prefix` and six characters, that only its owner may enter.
    static func makeTemporary(in parent: String, prefix: String) throws -> String {
        var template = Array("\(parent)/\(prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw LocalServersError(
                .fileSystem, "cannot make a folder in \(parent)", context: String(cString: strerror(errno)))
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes a folder and what is in it; a folder that is not there is fine.
    static func remove(_ path: String) throws {
        guard FileManager.default.fileExists(atPath: path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            throw LocalServersError(.fileSystem, "cannot remove \(path)", context: "\(error)")
        }
    }

    /// The path from the root, whatever folder this process moves to later.
    static func absolutePath(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
    }

    /// The size of a file in bytes; 0 where there is none.
    static func size(_ path: String) -> UInt64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? NSNumber)?.uint64Value ?? 0
    }

    /// The text of a log file from a position on.
    static func text(of path: String, from position: UInt64 = 0) -> String {
        guard let handle = FileHandle(forReadingAtPath: path) else { return "" }
        defer { try? handle.close() }
        guard (try? handle.seek(toOffset: position)) != nil, let data = try? handle.readToEnd() else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    /// The last lines of a log file, for an error's context.
    static func tail(of path: String, from position: UInt64 = 0, lines: Int = 20) -> String {
        text(of: path, from: position).split(separator: "\n").suffix(lines).joined(separator: "\n")
    }
}
