/// Body of `POST /api/port-watch`.
public struct PortWatchRequest: Codable, Sendable {
    /// The TCP port to wait for.
    public var port: Int
    /// `tcp`: a connection is enough; `http`: an answer with the right status.
    public var mode: String
    /// What `http` asks for; `/` if absent.
    public var path: String?
    /// Smallest right status; 200 if absent.
    public var statusMin: Int?
    /// Largest right status; 399 if absent.
    public var statusMax: Int?
    /// A process whose end ends the waiting.
    public var processId: String?
    /// Milliseconds between two attempts; 500 if absent, and from 100 to 10000 in any case.
    public var interval: Int?

    /// Makes a body.
    public init(
        port: Int,
        mode: String,
        path: String? = nil,
        statusMin: Int? = nil,
        statusMax: Int? = nil,
        processId: String? = nil,
        interval: Int? = nil
    ) {
        self.port = port
        self.mode = mode
        self.path = path
        self.statusMin = statusMin
        self.statusMax = statusMax
        self.processId = processId
        self.interval = interval
    }
}
