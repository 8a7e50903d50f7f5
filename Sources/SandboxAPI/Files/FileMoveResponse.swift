/// Answer of `POST /api/rename` and `/api/move`.
public struct FileMoveResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The old path as it was sent.
    public var path: String
    /// The new path as it was sent.
    public var newPath: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, newPath: String) {
        self.path = path
        self.newPath = newPath
    }
}
