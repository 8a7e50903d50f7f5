/// Body of `POST /api/delete`, `/api/exists` and `/api/read/stream`.
public struct FilePathRequest: Codable, Sendable, Hashable {
    /// The file; absolute, or relative to the session's directory.
    public var path: String
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(path: String, sessionId: String? = nil) {
        self.path = path
        self.sessionId = sessionId
    }
}
