/// Body of `POST /api/move`.
public struct MoveFileRequest: Codable, Sendable, Hashable {
    /// What is to be moved.
    public var sourcePath: String
    /// Its new name, or a directory to move it into.
    public var destinationPath: String
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(sourcePath: String, destinationPath: String, sessionId: String? = nil) {
        self.sourcePath = sourcePath
        self.destinationPath = destinationPath
        self.sessionId = sessionId
    }
}
