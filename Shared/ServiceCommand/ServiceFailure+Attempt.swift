extension ServiceFailure {
    /// Tries one connection of a `check` command and prints a line about it.
    /// - Parameter body: what there is to say where it works.
    /// - Returns: whether it worked.
    public static func attempt(_ name: String, _ body: () throws -> String) -> Bool {
        do {
            print("\(name): ok, \(try body())")
            return true
        } catch {
            print("\(name): FAILED, \(error)")
            return false
        }
    }
}
