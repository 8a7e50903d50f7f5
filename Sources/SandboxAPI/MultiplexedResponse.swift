/// A frame of the server on `/ws`: the answer to a request, or, after the last event of a stream, its end. The `body`,
/// where there is one, is the answer's JSON as it is.
public struct MultiplexedResponse: Codable, Sendable {
    /// Always `response`.
    public var type = "response"
    /// The request.
    public var id: String
    /// The HTTP status.
    public var status: Int
    /// Always true: nothing more comes for this request.
    public var done = true

    /// Makes a frame.
    public init(id: String, status: Int) {
        self.id = id
        self.status = status
    }
}
