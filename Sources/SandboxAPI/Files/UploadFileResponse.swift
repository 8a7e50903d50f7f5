/// Answer of `PUT /api/files/raw`.
public struct UploadFileResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// Bytes that the file has now.
    public var size: Int
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, size: Int) {
        self.path = path
        self.size = size
    }
}
