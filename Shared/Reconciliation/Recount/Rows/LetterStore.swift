/// Dead letters: the last ones in memory, those before in runs.
final class LetterStore {
    private(set) var stack: RunStack<RecountedLetter>
    private var letters: [RecountedLetter] = []
    private let folder: RunFolder
    private let limit: Int

    init(_ runs: [RunFile<RecountedLetter>] = [], in folder: RunFolder, limits: RecountLimits) {
        stack = RunStack(runs)
        self.folder = folder
        limit = limits.lettersInMemory
    }

    func add(_ block: JudgedBlock) throws {
        for position in 0..<block.count {
            guard let fault = block.marks[position].fault else { continue }
            let event = block.events[position]
            letters.append(RecountedLetter(partition: event.partition, offset: event.offset, fault: fault))
            if letters.count >= limit { try flush() }
        }
    }

    func flush() throws {
        guard !letters.isEmpty else { return }
        letters.sort()
        var writer = try RunWriter<RecountedLetter>(in: folder)
        for letter in letters { try writer.append(letter) }
        letters.removeAll(keepingCapacity: true)
        try stack.push(try writer.finish(), in: folder, floor: .min)
    }

    func all() throws -> RecountedLetterStream {
        try flush()
        return RecountedLetterStream(RunMerge(stack.runs))
    }
}
