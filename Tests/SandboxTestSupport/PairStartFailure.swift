/// A helper ended instead of serving.
public struct PairStartFailure: Error, Sendable, CustomStringConvertible {
    /// How it ended.
    public var end: ChildProcess.End
    /// What it wrote to its standard error.
    public var log: String

    /// Both in one text.
    public var description: String { "the helper ended at start, \(end):\n\(log)" }
}
