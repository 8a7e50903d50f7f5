/// Body of `POST /api/rename`.
public struct RenameFileRequest: Codable, Sendable, Hashable {
    /// What is to be renamed.
    public var oldPath: String
    /// Its new name, or a directory to move it into.
    public var newPath: String
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(oldPath: String, newPath: String, sessionId: String? = nil) {
        self.oldPath = oldPath
        self.newPath = newPath
        self.sessionId = sessionId
    }
}
