/// An event of `POST /api/port-watch`: first `watching`, then one of the others, which is the last.
public struct PortWatchEvent: Codable, Sendable, Equatable {
    /// `watching`, `ready`, `process_exited` or `error`.
    public var type: String
    /// The TCP port.
    public var port: Int
    /// The status of the answer; with `ready` in mode `http` only.
    public var statusCode: Int?
    /// How the process ended; with `process_exited` only.
    public var exitCode: Int?
    /// What went wrong; with `error` only.
    public var error: String?

    /// Makes an event.
    public init(type: String, port: Int, statusCode: Int? = nil, exitCode: Int? = nil, error: String? = nil) {
        self.type = type
        self.port = port
        self.statusCode = statusCode
        self.exitCode = exitCode
        self.error = error
    }
}
