import NIOCore
import NIOWebSocket

/// The server's side of one WebSocket: which frames make which messages, and when it is over (RFC 6455). Pure.
struct WebSocketState {
    enum Action: Equatable {
        case deliver(WebSocketMessage)
        /// Answer a ping with the same bytes.
        case pong(ByteBuffer)
        /// The caller broke a rule: say so, then close the connection.
        case fail(WebSocketClosure)
        /// The caller has closed: answer with its code, then close the connection.
        case answerClose(code: UInt16?)
        /// The caller has answered our close: close the connection.
        case finish
    }

    private enum Phase {
        case open
        /// We have sent a close and wait for the caller's.
        case closing
        case closed
    }

    private struct Fragments {
        var isText: Bool
        var bytes: ByteBuffer
    }

    /// Bytes of the largest message.
    let limit: Int
    private var phase = Phase.open
    private var fragments: Fragments?
    private var wasAliveSinceBeat = true
    private var wasAsked = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether messages may be sent.
    var isOpen: Bool { phase == .open }

    /// We send a close; false if that has been done, or the caller was first.
    mutating func close() -> Bool {
        guard phase == .open else { return false }
        phase = .closing
        fragments = nil
        return true
    }

    /// A message has reached the network.
    mutating func wasWritten() {
        wasAliveSinceBeat = true
    }

    /// Called at intervals: true to send a ping, false if nothing came or went since the last one, so the caller is
    /// taken for dead.
    mutating func beat() -> Bool {
        guard wasAliveSinceBeat || !wasAsked else { return false }
        wasAliveSinceBeat = false
        wasAsked = true
        return true
    }

    /// What to do about a frame; nil for nothing.
    mutating func received(_ frame: WebSocketFrame) -> Action? {
        guard phase != .closed else { return nil }
        wasAliveSinceBeat = true
        // Frames of a client are masked, so that a page cannot make them look like another protocol (5.1, 10.3).
        guard frame.maskKey != nil, frame.reservedBits.isEmpty else { return fail(.protocolError) }
        let bytes = frame.unmaskedData
        switch frame.opcode {
        case .ping: return phase == .open ? .pong(bytes) : nil
        case .pong: return nil
        case .connectionClose: return closed(bytes)
        case .text, .binary:
            guard fragments == nil else { return fail(.protocolError) }
            return append(bytes, to: Fragments(isText: frame.opcode == .text, bytes: ByteBuffer()), isLast: frame.fin)
        case .continuation:
            guard let started = fragments.take() else { return fail(.protocolError) }
            return append(bytes, to: started, isLast: frame.fin)
        default: return fail(.protocolError)
        }
    }

    /// A frame that could not even be read.
    mutating func received(_ error: NIOWebSocketError) -> Action? {
        guard phase != .closed else { return nil }
        switch error {
        case .invalidFrameLength: return fail(.tooLarge)
        case .fragmentedControlFrame, .multiByteControlFrameLength: return fail(.protocolError)
        }
    }

    private mutating func append(_ bytes: ByteBuffer, to started: Fragments, isLast: Bool) -> Action? {
        // After our close the caller may finish what it was sending; nobody reads it.
        guard phase == .open else { return nil }
        var message = started
        guard message.bytes.readableBytes + bytes.readableBytes <= limit else { return fail(.tooLarge) }
        if message.bytes.readableBytes == 0 {
            message.bytes = bytes
        } else {
            message.bytes.writeImmutableBuffer(bytes)
        }
        guard isLast else {
            fragments = message
            return nil
        }
        guard message.isText else { return .deliver(.binary(message.bytes)) }
        guard let text = String(validating: message.bytes.readableBytesView, as: UTF8.self) else {
            return fail(.invalidText)
        }
        return .deliver(.text(text))
    }

    private mutating func closed(_ bytes: ByteBuffer) -> Action {
        if phase == .closing {
            phase = .closed
            return .finish
        }
        guard bytes.readableBytes > 0 else {
            phase = .closed
            return .answerClose(code: nil)
        }
        guard let code = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self), Self.mayBeSent(code) else {
            return fail(.protocolError)
        }
        let reason = bytes.readableBytesView.dropFirst(2)
        guard String(validating: reason, as: UTF8.self) != nil else { return fail(.invalidText) }
        phase = .closed
        return .answerClose(code: code)
    }

    /// Codes that have a meaning on the wire (7.4).
    private static func mayBeSent(_ code: UInt16) -> Bool {
        (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
    }

    private mutating func fail(_ closure: WebSocketClosure) -> Action {
        let weClosed = phase == .closing
        phase = .closed
        return weClosed ? .finish : .fail(closure)
    }
}
