import NIOCore
import NIOHTTPTypes

/// Closes a connection whose caller keeps it waiting: for the first request, for the next one, or for more of a body.
/// Never while the server works on an answer or sends it, however long that takes, and never while it is the server
/// that does not read on.
final class RequestDeadlineHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let deadlines: RequestDeadlines
    private var rule: RequestDeadlineRule
    private var alarm: Scheduled<Void>?

    init(_ deadlines: RequestDeadlines) {
        self.deadlines = deadlines
        rule = RequestDeadlineRule()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        schedule(context, deadlines.firstHead)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        alarm?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: rule.head()
        case .body: rule.received()
        case .end: rule.requestEnded()
        }
        follow(context)
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        rule.wantsMore()
        follow(context)
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) {
            rule.answerEnded()
            follow(context)
        }
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        alarm?.cancel()
        context.fireChannelInactive()
    }

    private func follow(_ context: ChannelHandlerContext) {
        switch rule.takeChange() {
        case .none: return
        case .stop: alarm?.cancel()
        case .waitForHead: schedule(context, deadlines.nextHead)
        case .waitForBody: schedule(context, deadlines.body)
        }
    }

    private func schedule(_ context: ChannelHandlerContext, _ time: TimeAmount) {
        alarm?.cancel()
        let channel = context.channel
        alarm = context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
