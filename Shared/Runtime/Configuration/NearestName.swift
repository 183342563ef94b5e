/// The known name that a mistyped one most likely meant.
enum NearestName {
    /// The candidate with the fewest edits (insertion, deletion, replacement, swap of neighbours), if at most a third
    /// of the name's length, at least two. Ties go to the one that comes first in the alphabet.
    static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(2, name.count / 3)
        let ranked = candidates.map { (edits: distance(name, $0), name: $0) }
        let best = ranked.min { ($0.edits, $0.name) < ($1.edits, $1.name) }
        guard let best, best.edits <= limit else { return nil }
        return best.name
    }

    /// The restricted Damerau-Levenshtein distance over characters.
    static func distance(_ a: String, _ b: String) -> Int {
        let left = Array(a.lowercased())
        let right = Array(b.lowercased())
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforePrevious = [Int](repeating: 0, count: right.count + 1)
        var previous = Array(0...right.count)
        var current = previous
        for i in 1...left.count {
            current[0] = i
            for j in 1...right.count {
                let replacement = previous[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1)
                var least = min(previous[j] + 1, current[j - 1] + 1, replacement)
                if i > 1, j > 1, left[i - 1] == right[j - 2], left[i - 2] == right[j - 1] {
                    least = min(least, beforePrevious[j - 2] + 1)
                }
                current[j] = least
            }
            (beforePrevious, previous, current) = (previous, current, beforePrevious)
        }
        return previous[right.count]
    }
}
