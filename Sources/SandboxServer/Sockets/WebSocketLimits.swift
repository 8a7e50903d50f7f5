import NIOCore

/// Sizes and times of one kind of WebSocket.
struct WebSocketLimits: Sendable {
    /// Bytes of the largest message that is taken; a larger one closes with 1009.
    var messageBytes = 16 * 1024 * 1024
    /// Between two pings. A caller that neither answers one nor takes anything until the next is taken for dead.
    var ping = TimeAmount.seconds(30)
    /// How long the caller has to answer a close.
    var closing = TimeAmount.seconds(5)
}
