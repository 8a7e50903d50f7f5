import NIOCore
import NIOWebSocket

/// Carries out on a channel what ``WebSocketState`` decides. The last handler that reads: nothing is passed on.
final class WebSocketHandler: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundIn = Never
    typealias OutboundOut = WebSocketFrame

    private let limits: WebSocketLimits
    private let source: InboundQueue<WebSocketMessage>.Source
    private let gate: ReadGate
    private var state: WebSocketState
    private var context: ChannelHandlerContext?
    private var beat: RepeatedTask?
    private var deadline: Scheduled<Void>?

    init(_ limits: WebSocketLimits, _ source: InboundQueue<WebSocketMessage>.Source, _ gate: ReadGate) {
        self.limits = limits
        self.source = source
        self.gate = gate
        state = WebSocketState(limit: limits.messageBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.attach(context)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        beat = context.eventLoop.scheduleRepeatedTask(initialDelay: limits.ping, delay: limits.ping) { _ in
            handler.value.ping()
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        over()
        gate.detach()
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        gate.read(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        carryOut(state.received(unwrapInboundIn(data)), context)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? NIOWebSocketError else { return context.close(promise: nil) }
        carryOut(state.received(error), context)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { close(.goingAway) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        over()
        context.fireChannelInactive()
    }

    /// Sends one message; the result comes when it is in the kernel's hands.
    func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) -> EventLoopFuture<Void>? {
        guard let context, state.isOpen else { return nil }
        let written = context.eventLoop.makePromise(of: Void.self)
        let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenSuccess { handler.value.state.wasWritten() }
        context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: bytes)), promise: written)
        return written.futureResult
    }

    /// Says goodbye and waits a while for the answer.
    func close(_ closure: WebSocketClosure) {
        guard let context, state.close() else { return }
        source.finish()
        write(closure.code, closure.reason, context, promise: nil)
        // Now everything is read, for the answer may stand behind what nobody wants any more.
        gate.open()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: limits.closing) { channel.close(promise: nil) }
    }

    private func carryOut(_ action: WebSocketState.Action?, _ context: ChannelHandlerContext) {
        switch action {
        case nil: break
        case .deliver(let message):
            if source.yield(message) == .stopProducing { gate.hold() }
        case .pong(let bytes):
            let frame = WebSocketFrame(fin: true, opcode: .pong, data: bytes)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        case .fail(let closure): finish(closure.code, closure.reason, context)
        case .answerClose(let code): finish(code, "", context)
        case .finish: context.close(promise: nil)
        }
    }

    /// The last frame, and the end of the connection as soon as it is sent, or cannot be sent in time.
    private func finish(_ code: UInt16?, _ reason: String, _ context: ChannelHandlerContext) {
        source.finish()
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        deadline = context.eventLoop.scheduleTask(in: limits.closing) { channel.close(promise: nil) }
        write(code, reason, context, promise: written)
    }

    private func write(
        _ code: UInt16?,
        _ reason: String,
        _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        var bytes = ByteBuffer()
        if let code {
            bytes.writeInteger(code)
            // A control frame has at most 125 bytes; a character is not cut in two.
            var text = reason
            while text.utf8.count > 123 { text.removeLast() }
            bytes.writeString(text)
        }
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: bytes)
        context.writeAndFlush(wrapOutboundOut(frame), promise: promise)
    }

    private func ping() {
        guard let context, state.isOpen else { return }
        // While we do not read we cannot see the answer.
        guard !gate.isHeld else { return }
        guard state.beat() else { return context.close(promise: nil) }
        context.writeAndFlush(
            wrapOutboundOut(WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())),
            promise: nil
        )
    }

    private func over() {
        source.finish()
        beat?.cancel()
        deadline?.cancel()
    }
}
