/// Answer of `POST /api/mkdir`.
public struct MakeDirectoryResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// Whether missing directories above it were made too.
    public var recursive: Bool
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, recursive: Bool) {
        self.path = path
        self.recursive = recursive
    }
}
