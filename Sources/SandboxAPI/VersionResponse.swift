/// Answer of `GET /api/version`.
public struct VersionResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// The server's version.
    public var version: String
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(version: String) {
        self.version = version
    }
}
