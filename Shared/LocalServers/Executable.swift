import Foundation
import Glibc

/// Looks for programs.
enum Executable {
    /// The absolute path of a program: itself when it holds a slash, else from PATH and the usual system folders.
    static func find(_ name: String) -> String? {
        if name.contains("/") { return isProgram(name) ? name : nil }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/bin", "/usr/sbin", "/bin", "/sbin"]
        return folders.map { "\($0)/\(name)" }.first(where: isProgram)
    }

    /// Whether a regular file that may be run stands at the path.
    static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
            return false
        }
        return access(path, X_OK) == 0
    }
}
