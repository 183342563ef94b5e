/// A topic's name as a part of a path.
enum TopicName {
    /// What Kafka allows: letters, digits, `.`, `_` and `-`, at most 249 of them, and neither "." nor "..".
    static func isLegal(_ name: String) -> Bool {
        let bytes = name.utf8
        guard (1...249).contains(bytes.count), name != ".", name != ".." else { return false }
        return bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// - Throws: `invalidArgument` for a name that cannot be a topic's, and would lead out of the folder or to none.
    static func check(_ name: String) throws(ArchiveError) {
        guard isLegal(name) else {
            throw ArchiveError(
                .invalidArgument,
                "\"\(name.prefix(250))\" cannot be the name of a topic: letters, digits, '.', '_' and '-', at most 249, "
                    + "and neither \".\" nor \"..\"")
        }
    }
}
