import FoundationEssentials
import NIOCore
import NIOWebSocket

/// The sending side of a WebSocket, for any number of tasks. Each waits until its message has been taken by the network,
/// so what is on the way is at most one message of each task.
struct WebSocketWriter: Sendable {
    private let handler: NIOLoopBound<WebSocketHandler>
    private let eventLoop: any EventLoop

    /// Must be made on the event loop.
    init(_ handler: WebSocketHandler, _ eventLoop: any EventLoop) {
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
        self.eventLoop = eventLoop
    }

    /// - Throws: If the socket is closed or about to be.
    func send(_ message: WebSocketMessage) async throws {
        switch message {
        case .text(let text): try await send(.text, ByteBuffer(string: text))
        case .binary(let bytes): try await send(.binary, bytes)
        }
    }

    /// Sends a text that is JSON.
    func send(json value: some Encodable) async throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try await send(.text, ByteBuffer(bytes: try encoder.encode(value)))
    }

    /// Sends a text that is already in bytes; they must be UTF-8.
    func send(textBytes: ByteBuffer) async throws {
        try await send(.text, textBytes)
    }

    /// Starts to close; the connection is over soon afterwards.
    func close(_ closure: WebSocketClosure) {
        let handler = handler
        eventLoop.execute { handler.value.close(closure) }
    }

    private func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) async throws {
        let (handler, eventLoop) = (handler, eventLoop)
        try await eventLoop.flatSubmit {
            handler.value.send(opcode, bytes) ?? eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }.get()
    }
}
