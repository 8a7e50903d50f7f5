import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Watches for requests that ask to leave HTTP, and carries it out.
///
/// The decoder stops at such a request, because what follows it may be of the other protocol. If the request is
/// answered like any other, nothing more can be read from the connection: it is closed after the answer.
final class ConnectionSwitch: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private var context: ChannelHandlerContext?
    private var decoderHasStopped = false
    private var requestIsWhole = false
    /// Requests read and not yet answered; the one at which the decoder stopped is the last of them.
    private var unanswered = 0

    /// Whether the decoder takes the request for one that ends HTTP on the connection.
    static func asksForUpgrade(_ request: HTTPRequest) -> Bool {
        guard request.method != .connect else { return true }
        guard request.headerFields[.upgrade] != nil else { return false }
        return request.headerFields[values: .connection].contains { value in
            value.split(separator: ",").contains { $0.filter { $0 != " " && $0 != "\t" }.lowercased() == "upgrade" }
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            decoderHasStopped = Self.asksForUpgrade(head)
            requestIsWhole = false
            unanswered += 1
        case .body: break
        case .end: requestIsWhole = true
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        let isLast = decoderHasStopped && unanswered == 1
        if case .end = part { unanswered -= 1 }
        guard isLast else { return context.write(data, promise: promise) }
        switch part {
        case .head(var head):
            if head.status.kind != .informational { head.headerFields[.connection] = "close" }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let written = context.eventLoop.makePromise(of: Void.self)
            written.futureResult.cascade(to: promise)
            let channel = context.channel
            written.futureResult.whenComplete { _ in channel.close(promise: nil) }
            context.writeAndFlush(data, promise: written)
        }
    }

    /// Answers the request with 101 and replaces everything that speaks HTTP, up to and including this handler.
    ///
    /// What stands behind this handler stays and still believes that the request is being answered: no idle timeout
    /// runs, and a server that stops waits for the connection.
    /// The result comes when the last of HTTP is gone.
    func leaveHTTP(headers: HTTPFields, for handlers: [any ChannelHandler]) throws -> EventLoopFuture<Void> {
        guard let context, decoderHasStopped, requestIsWhole, unanswered == 1, context.channel.isActive else {
            throw ChannelError.ioOnClosedChannel
        }
        context.write(
            wrapOutboundOut(.head(HTTPResponse(status: .switchingProtocols, headerFields: headers))),
            promise: nil
        )
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        let pipeline = context.pipeline.syncOperations
        let decoder = try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self)
        try pipeline.addHandlers(handlers, position: .after(decoder.handler))
        _ = pipeline.removeHandler(context: try pipeline.context(handlerType: HTTPResponseEncoder.self))
        _ = pipeline.removeHandler(context: try pipeline.context(handlerType: HTTP1ToHTTPServerCodec.self))
        _ = pipeline.removeHandler(context: try pipeline.context(handlerType: ExpectationHandler.self))
        _ = pipeline.removeHandler(context: try pipeline.context(handlerType: RequestDeadlineHandler.self))
        _ = pipeline.removeHandler(context: context)
        // Last: it hands on what it has read beyond the request, and that is for the new handlers.
        return pipeline.removeHandler(context: decoder)
    }
}
