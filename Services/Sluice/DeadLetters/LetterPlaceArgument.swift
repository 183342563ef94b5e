import ArgumentParser

/// The place of a dead letter as it is typed: PARTITION:OFFSET.
struct LetterPlaceArgument: ExpressibleByArgument, Equatable {
    var partition: Int32
    var offset: Int64

    init?(argument: String) {
        let parts = argument.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let partition = Int32(parts[0]), let offset = Int64(parts[1]), partition >= 0,
            offset >= 0
        else { return nil }
        self.partition = partition
        self.offset = offset
    }
}
