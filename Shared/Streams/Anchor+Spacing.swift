extension [Anchor] {
    /// How many anchors are kept beside the newest one.
    public static var maximumOlder: Int { 8 }

    /// Adds an anchor to older ones, oldest first, and drops one where they are too many: the one without which the
    /// distances to the newest still grow most evenly, each by the same factor. So they are close together near the
    /// newest and reach back to the oldest, whatever lies between. The oldest one stays: it goes only when it is found
    /// to be gone from the log.
    ///
    /// - Parameter newest: the offset of the newest anchor, which is not among them; behind that of `anchor`.
    mutating func keep(_ anchor: Anchor, behind newest: Offset) {
        append(anchor)
        guard count > Self.maximumOlder else { return }
        var densest = 1
        var smallest = Double.infinity
        for place in 1..<count {
            // How far apart its neighbours would be without it, as a factor.
            let factor = distance(place - 1, newest) / distance(place + 1, newest)
            if factor < smallest {
                smallest = factor
                densest = place
            }
        }
        remove(at: densest)
    }

    /// From the offset behind the newest anchor, which itself is 1 away from it.
    private func distance(_ place: Int, _ newest: Offset) -> Double {
        place < count ? Double(newest.next.rawValue - self[place].offset.rawValue) : 1
    }
}
