/// Answer of `POST /api/execute` when the command ran to its end, whatever its exit code.
public struct ExecuteResponse: Codable, Sendable {
    /// Whether the exit code is 0.
    public var success: Bool
    /// The command's exit code, or 128 plus the number of the signal that ended it.
    public var exitCode: Int
    /// What it wrote, without one trailing newline and without NULs; invalid UTF-8 is replaced by U+FFFD.
    public var stdout: String
    /// The same for standard error.
    public var stderr: String
    /// The command as it was sent.
    public var command: String
    /// Milliseconds from the request's arrival to the command's end.
    public var duration: Int
    /// When the answer was made.
    public var timestamp: String
    /// The session as it was sent.
    public var sessionId: String?
    /// Where the command ran.
    public var namespace: NamespaceName
    /// True if standard output reached the server's limit and the rest of it was discarded.
    public var stdoutTruncated: Bool?
    /// The same for standard error.
    public var stderrTruncated: Bool?
    /// The running mode, when a command with credentials ran in one that does not protect them fully; else absent.
    public var isolation: String?

    /// Makes an answer.
    public init(
        exitCode: Int,
        stdout: String,
        stderr: String,
        command: String,
        duration: Int,
        sessionId: String?,
        namespace: NamespaceName,
        stdoutTruncated: Bool,
        stderrTruncated: Bool,
        isolation: String?
    ) {
        success = exitCode == 0
        self.exitCode = exitCode
        self.stdout = stdout
        self.stderr = stderr
        self.command = command
        self.duration = duration
        timestamp = Timestamp.now()
        self.sessionId = sessionId
        self.namespace = namespace
        self.stdoutTruncated = stdoutTruncated ? true : nil
        self.stderrTruncated = stderrTruncated ? true : nil
        self.isolation = isolation
    }
}
