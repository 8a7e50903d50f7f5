/// Answer of `POST /api/exists`.
public struct FileExistsResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// Whether something is there that the user can see, links followed.
    public var exists: Bool
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, exists: Bool) {
        self.path = path
        self.exists = exists
    }
}
