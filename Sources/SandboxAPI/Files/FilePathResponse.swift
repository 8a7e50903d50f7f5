/// Answer of `POST /api/write` and `/api/delete`.
public struct FilePathResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String) {
        self.path = path
    }
}
