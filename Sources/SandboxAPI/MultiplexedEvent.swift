/// A frame of the server on `/ws`: one event of an answer that is a stream.
public struct MultiplexedEvent: Codable, Sendable {
    /// Always `stream`.
    public var type = "stream"
    /// The request.
    public var id: String
    /// The event's kind, where the stream names it.
    public var event: String?
    /// The event's data, which is JSON in every stream of this API.
    public var data: String

    /// Makes a frame.
    public init(id: String, event: String?, data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}
