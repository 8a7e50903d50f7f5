import NIOCore

/// One whole message of a WebSocket.
enum WebSocketMessage: Sendable, Equatable {
    case text(String)
    case binary(ByteBuffer)
}
