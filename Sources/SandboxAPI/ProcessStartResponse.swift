/// Answer of `POST /api/process/start`, and of `POST /api/execute` with `background`.
public struct ProcessStartResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// Names the process in further requests.
    public var processId: String
    /// As seen in the namespace of the process.
    public var pid: Int?
    /// The command as it was sent.
    public var command: String
    /// When the answer was made.
    public var timestamp: String

    /// Makes an answer.
    public init(id: String, pid: Int?, command: String) {
        processId = id
        self.pid = pid
        self.command = command
        timestamp = Timestamp.now()
    }
}
