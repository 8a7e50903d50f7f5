/// Answer of `GET /api/ping`.
public struct PingResponse: Codable, Sendable {
    /// Always true.
    public var success = true
    /// Always `healthy`.
    public var status = "healthy"
    /// Always `pong`.
    public var message = "pong"
    /// When the answer was made.
    public var timestamp = Timestamp.now()

    /// Makes an answer.
    public init() {}
}
