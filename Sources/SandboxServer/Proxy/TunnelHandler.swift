import NIOCore

/// One end of a tunnel: what comes from here goes out there. Both ends live on one event loop.
///
/// An end is read only while the other can be written to, so a slow reader at one end slows the sender at the other.
final class TunnelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    private var partner: TunnelHandler?
    private var context: ChannelHandlerContext?
    private var hasStarted = false
    private var early: [ByteBuffer] = []
    /// A read was held back; to begin with, because nobody knows what became of the last one before the tunnel.
    private var isReadDue = true

    /// Two ends.
    static func pair() -> (TunnelHandler, TunnelHandler) {
        let (near, far) = (TunnelHandler(), TunnelHandler())
        near.partner = far
        far.partner = near
        return (near, far)
    }

    /// Lets the bytes flow. For both ends, once both are in place and everything before them is gone.
    func start() {
        hasStarted = true
        for bytes in early { partner?.write(bytes) }
        early = []
        partner?.flush()
        resume()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        partner = nil
    }

    func read(context: ChannelHandlerContext) {
        if hasStarted, partner?.isWritable ?? true { context.read() } else { isReadDue = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        if hasStarted { partner?.write(bytes) } else { early.append(bytes) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if hasStarted { partner?.flush() }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { partner?.resume() }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // Nobody knows how to say goodbye in what is spoken here.
        if event is ChannelShouldQuiesceEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        if hasStarted { partner?.finish() }
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private var isWritable: Bool { context?.channel.isWritable ?? true }

    private func write(_ bytes: ByteBuffer) {
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    private func flush() {
        context?.flush()
    }

    private func resume() {
        guard hasStarted, isReadDue, partner?.isWritable ?? true else { return }
        isReadDue = false
        context?.read()
    }

    /// Closes this end as soon as everything is written.
    private func finish() {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        written.futureResult.whenComplete { _ in channel.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
    }
}
