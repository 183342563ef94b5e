/// Random bytes that nobody can guess.
public enum SecureRandom {
    /// From the system's generator (`getrandom`).
    public static func bytes(_ count: Int) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
}
