/// The output of a process, as much of it as the server keeps.
public struct ProcessLogs: Sendable, Hashable {
    /// What it wrote to standard output.
    public var stdout: String
    /// What it wrote to standard error.
    public var stderr: String
}
