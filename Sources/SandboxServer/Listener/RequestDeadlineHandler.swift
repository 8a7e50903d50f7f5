import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes a connection whose caller takes too long to send a request, byte by byte or not at all.
final class RequestDeadlineHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart

    private let firstHead: TimeAmount
    private let body: TimeAmount
    private var deadline: Scheduled<Void>?
    private var isPassedOn = false

    /// - Parameters:
    ///   - firstHead: From the connection to the end of the first request's header. Between requests the idle timeout
    ///     of the connection does the same.
    ///   - body: From the header's end to the body's end; where the body is passed on and may have no end, from each
    ///     of its pieces to the next.
    init(firstHead: TimeAmount = .seconds(15), body: TimeAmount = .seconds(120)) {
        self.firstHead = firstHead
        self.body = body
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(context, firstHead)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            isPassedOn = head.path?.hasPrefix("/proxy/") ?? false
            schedule(context, body)
        case .body: if isPassedOn { schedule(context, body) }
        case .end: deadline?.cancel()
        }
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    private func schedule(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        deadline?.cancel()
        let channel = context.channel
        deadline = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
