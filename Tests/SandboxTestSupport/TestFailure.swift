/// Why a test could not do what it set out to do: one sentence.
public struct TestFailure: Error, Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String

    /// Makes a failure.
    public init(_ description: String) {
        self.description = description
    }
}
