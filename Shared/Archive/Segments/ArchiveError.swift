public import Streams

/// What went wrong with an archive: what, where, and what to do about it.
public struct ArchiveError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure, stable names for logs and tests.
    public enum Code: String, Sendable, CaseIterable {
        /// A topic's name, an offset or a setting that cannot be used.
        case invalidArgument = "invalid_argument"
        /// The file system refused something, or has no room.
        case fileSystem = "file_system"
        /// A file is not what a segment must be: truncated, changed, or of another topic.
        case damaged = "damaged"
        /// Offsets between two segments, or between the archive and the topic, are in neither.
        case hole = "hole"
        /// Two segments hold the same offsets.
        case overlap = "overlap"
        /// Another process writes to this topic's archive.
        case locked = "locked"
        /// The archive does not hold what was asked for.
        case notArchived = "not_archived"
        /// The topic of this name is not the one that was archived.
        case otherTopic = "other_topic"
        /// A record is larger than a segment may hold.
        case tooLarge = "too_large"
        /// There is a segment of this name already.
        case alreadyThere = "already_there"
    }

    public var code: Code
    public var message: String
    /// The file or folder, where there is one.
    public var path: String?
    public var topic: String?
    public var partition: Partition?

    public init(
        _ code: Code, _ message: String, path: String? = nil, topic: String? = nil, partition: Partition? = nil
    ) {
        self.code = code
        self.message = message
        self.path = path
        self.topic = topic
        self.partition = partition
    }

    public var description: String {
        var text = "archive \(code.rawValue)"
        if let topic { text += " topic=\(topic)" }
        if let partition { text += " partition=\(partition)" }
        if let path { text += " path=\(path)" }
        return text + ": " + message
    }
}
