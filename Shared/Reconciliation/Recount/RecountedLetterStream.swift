/// Dead letters ascending by partition and offset; nil at the end.
public final class RecountedLetterStream {
    public func next() throws -> RecountedLetter? { nil }
}
