/// Why a WebSocket is closed, RFC 6455, 7.4.1. An endpoint throws it to close with a code of its choice.
struct WebSocketClosure: Error, Equatable {
    /// The status code.
    var code: UInt16
    /// For people; at most 123 bytes are sent.
    var reason: String

    init(_ code: UInt16, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }

    static let normal = WebSocketClosure(1000)
    static let goingAway = WebSocketClosure(1001, "The server is stopping.")
    static let protocolError = WebSocketClosure(1002, "A frame breaks the protocol.")
    static let invalidText = WebSocketClosure(1007, "A text is not UTF-8.")
    static let tooLarge = WebSocketClosure(1009, "A message is too large.")
    static let serverError = WebSocketClosure(1011, "The server failed.")
}
