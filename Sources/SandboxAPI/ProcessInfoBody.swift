/// One process as the API shows it. Its environment is never part of it.
public struct ProcessInfoBody: Codable, Sendable {
    /// Names the process.
    public var id: String
    /// As seen in its namespace.
    public var pid: Int?
    /// The command as it was sent.
    public var command: String
    /// `starting`, `running`, `completed` (exit code 0), `failed`, `killed` or `error` (never ran).
    public var status: String
    /// When it was started.
    public var startTime: String
    /// When it ended.
    public var endTime: String?
    /// Its exit code, or 128 plus the number of the signal that ended it.
    public var exitCode: Int?

    /// Makes an entry.
    public init(
        id: String,
        pid: Int?,
        command: String,
        status: String,
        startTime: String,
        endTime: String?,
        exitCode: Int?
    ) {
        self.id = id
        self.pid = pid
        self.command = command
        self.status = status
        self.startTime = startTime
        self.endTime = endTime
        self.exitCode = exitCode
    }
}
