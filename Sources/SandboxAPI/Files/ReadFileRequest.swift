/// Body of `POST /api/read`.
public struct ReadFileRequest: Codable, Sendable, Hashable {
    /// The file; absolute, or relative to the session's directory.
    public var path: String
    /// `utf-8`, `utf8` or `base64`; absent for what suits the content.
    public var encoding: String?
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(path: String, encoding: String? = nil, sessionId: String? = nil) {
        self.path = path
        self.encoding = encoding
        self.sessionId = sessionId
    }
}
