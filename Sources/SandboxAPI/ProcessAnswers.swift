/// Answer of `GET /api/process/{id}`.
public struct ProcessAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The process.
    public var process: ProcessInfoBody
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(process: ProcessInfoBody) { self.process = process }
}

/// Answer of `GET /api/process/list`.
public struct ProcessListAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// In the order of their starts.
    public var processes: [ProcessInfoBody]
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(processes: [ProcessInfoBody]) { self.processes = processes }
}

/// Answer of `DELETE /api/process/{id}`.
public struct ProcessKillAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The process that is over now.
    public var processId: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(processId: String) { self.processId = processId }
}

/// Answer of `DELETE /api/process/kill-all`.
public struct CleanupAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// How many were running and are over now.
    public var cleanedCount: Int
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(cleanedCount: Int) { self.cleanedCount = cleanedCount }
}

/// Answer of `GET /api/process/{id}/logs`.
public struct ProcessLogsAnswer: Codable, Sendable {
    /// Always true.
    public var success = true
    /// Whose output it is.
    public var processId: String
    /// What is kept of it.
    public var stdout: String
    /// The same for standard error.
    public var stderr: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(processId: String, stdout: String, stderr: String) {
        self.processId = processId
        self.stdout = stdout
        self.stderr = stderr
    }
}
