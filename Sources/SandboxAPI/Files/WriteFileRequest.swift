/// Body of `POST /api/write`.
public struct WriteFileRequest: Codable, Sendable, Hashable {
    /// The file; missing directories above it are made.
    public var path: String
    /// What it is to hold, text or base64.
    public var content: String
    /// `base64`; anything else stands for text.
    public var encoding: String?
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(path: String, content: String, encoding: String? = nil, sessionId: String? = nil) {
        self.path = path
        self.content = content
        self.encoding = encoding
        self.sessionId = sessionId
    }
}
