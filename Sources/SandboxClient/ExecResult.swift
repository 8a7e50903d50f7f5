/// What a command gave.
public struct ExecResult: Sendable, Hashable {
    /// Its exit code, or 128 plus the number of the signal that ended it.
    public var exitCode: Int
    /// What it wrote to standard output, without one trailing newline.
    public var stdout: String
    /// What it wrote to standard error, without one trailing newline.
    public var stderr: String
    /// Where it ran: `user` or `secure`.
    public var namespace: String
    /// Whether output beyond the server's limit was discarded.
    public var isTruncated: Bool

    /// Whether the exit code is 0.
    public var isSuccess: Bool { exitCode == 0 }
}
