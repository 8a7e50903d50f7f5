/// A frame of the server on `/ws`: a request that cannot be answered, or something that is no request.
public struct MultiplexedError: Codable, Sendable {
    /// Always `error`.
    public var type = "error"
    /// The request, if it is known.
    public var id: String?
    /// `PARSE_ERROR`, `INVALID_REQUEST`, `INTERNAL_ERROR` or `STREAM_ERROR`.
    public var code: String
    /// One sentence for people.
    public var message: String
    /// The HTTP status that it would have been.
    public var status: Int

    /// Makes a frame.
    public init(id: String?, code: String, message: String, status: Int) {
        self.id = id
        self.code = code
        self.message = message
        self.status = status
    }
}
