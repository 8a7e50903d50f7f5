/// Answer of `POST /api/read`.
public struct ReadFileResponse: Codable, Sendable, Hashable {
    /// Always true.
    public var success = true
    /// The path as it was sent.
    public var path: String
    /// What the file holds, in ``encoding``.
    public var content: String
    /// `utf-8`, with U+FFFD for what is no UTF-8, or `base64`.
    public var encoding: String
    /// Whether ``content`` is base64.
    public var isBinary: Bool
    /// The media type, by name and content, without parameters.
    public var mimeType: String
    /// Bytes of the file.
    public var size: Int
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init(path: String, content: String, encoding: String, isBinary: Bool, mimeType: String, size: Int) {
        self.path = path
        self.content = content
        self.encoding = encoding
        self.isBinary = isBinary
        self.mimeType = mimeType
        self.size = size
    }
}
