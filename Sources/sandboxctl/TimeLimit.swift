import ArgumentParser

/// A time limit in seconds, as it is given on the command line.
enum TimeLimit {
    /// The most that the API takes, 2147483647 ms.
    private static let range = 0.001...2_147_483

    /// Refuses what is no time: NaN, infinity, less than a millisecond, more than the API takes.
    static func check(_ seconds: Double?) throws {
        guard let seconds, !range.contains(seconds) else { return }
        throw ValidationError("--timeout must be between 0.001 and 2147483 seconds.")
    }
}
