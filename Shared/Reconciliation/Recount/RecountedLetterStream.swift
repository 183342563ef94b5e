/// Dead letters ascending by partition and offset; nil at the end.
public final class RecountedLetterStream {
    private var merge: RunMerge<RecountedLetter>

    init(_ merge: RunMerge<RecountedLetter>) { self.merge = merge }

    public func next() throws -> RecountedLetter? {
        guard let least = merge.least else { return nil }
        let letter = least.entry.pointee
        merge.pass()
        return letter
    }
}
