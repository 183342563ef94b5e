import Foundation

/// How much longer than usual everything may take: the suite under a sanitizer sets `TEST_PATIENCE`, which is read here
/// and nowhere else. It stretches limits after which waiting fails, never what a test measures.
public enum Patience {
    /// 1 unless the variable holds a number from 1 to 100.
    public static let factor: Double = {
        let given = ProcessInfo.processInfo.environment["TEST_PATIENCE"].flatMap(Double.init) ?? 1
        return (1...100).contains(given) ? given : 1
    }()

    /// A limit, stretched.
    public static func stretching(_ limit: Duration) -> Duration { limit * factor }
}
