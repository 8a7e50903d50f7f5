import NIOCore
import NIOHTTP1

/// Takes the answer of a program of the sandbox apart: its head, and its body with back-pressure.
final class UpstreamHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let head: EventLoopPromise<HTTPResponseHead>
    private let source: InboundQueue<ByteBuffer>.Source
    private let gate: ReadGate
    private var context: ChannelHandlerContext?

    init(_ head: EventLoopPromise<HTTPResponseHead>, _ source: InboundQueue<ByteBuffer>.Source, _ gate: ReadGate) {
        self.head = head
        self.source = source
        self.gate = gate
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.attach(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        gate.detach()
        self.context = nil
    }

    func read(context: ChannelHandlerContext) {
        gate.read(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let answer):
            // Nothing more is read until it is known who reads it.
            if answer.status == .switchingProtocols { gate.hold() }
            head.succeed(answer)
        case .body(let bytes):
            if source.yield(bytes) == .stopProducing { gate.hold() }
        case .end:
            source.finish()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(ChannelError.eof)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    /// After an answer of 101: what comes and goes from now on is the tunnel's. The result comes when the last of HTTP
    /// is gone; nothing may be written before.
    func leaveHTTP(for tunnel: TunnelHandler) throws -> EventLoopFuture<Void> {
        guard let context else { throw ChannelError.ioOnClosedChannel }
        let pipeline = context.pipeline.syncOperations
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPResponseDecoder>.self)
        _ = pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPRequestEncoder.self))
        try pipeline.addHandler(tunnel, position: .after(decoder.handler))
        _ = pipeline.removeHandler(context: context)
        // Last: it hands on what it has read beyond the answer.
        return pipeline.removeHandler(context: decoder)
    }

    /// Has no effect on what has ended well.
    private func fail(_ error: any Error) {
        head.fail(error)
        source.finish(error)
    }
}
