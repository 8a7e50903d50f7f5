/// One event of a command's or process's stream. Which fields it has depends on `type`.
public struct StreamEvent: Codable, Sendable {
    /// `start`, `stdout`, `stderr`, `complete`; of processes `process_info`, `stdout`, `stderr`, `exit`; `error`.
    public var type: String
    /// When the event was made.
    public var timestamp: String
    /// Text of the output, or what is said about the end.
    public var data: String?
    /// The command as it was sent.
    public var command: String?
    /// The process whose stream it is.
    public var processId: String?
    /// Its pid as seen in its namespace.
    public var pid: Int?
    /// The process's status.
    public var status: String?
    /// How it ended; always there in `complete` and `exit`.
    public var exitCode: Int?
    /// Whether the end came because the time was up.
    public var timedOut: Bool?
    /// What went wrong.
    public var error: String?

    /// Makes an event.
    public init(
        type: String,
        data: String? = nil,
        command: String? = nil,
        processId: String? = nil,
        pid: Int? = nil,
        status: String? = nil,
        exitCode: Int? = nil,
        timedOut: Bool? = nil,
        error: String? = nil
    ) {
        self.type = type
        timestamp = Timestamp.now()
        self.data = data
        self.command = command
        self.processId = processId
        self.pid = pid
        self.status = status
        self.exitCode = exitCode
        self.timedOut = timedOut
        self.error = error
    }
}
