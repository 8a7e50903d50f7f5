/// Body of `POST /api/mkdir`.
public struct MakeDirectoryRequest: Codable, Sendable, Hashable {
    /// The directory.
    public var path: String
    /// Whether missing ones above it are made too, and one that exists already is no error.
    public var recursive: Bool?
    /// The session whose directory relative paths are resolved against; absent for the default one.
    public var sessionId: String?

    /// Makes a request.
    public init(path: String, recursive: Bool? = nil, sessionId: String? = nil) {
        self.path = path
        self.recursive = recursive
        self.sessionId = sessionId
    }
}
