import CMessageShim
import NIOCore

/// Reads one output pipe. Everything happens on the channel's event loop, which makes the count of unread bytes
/// exact: no read can fall between asking for it and using it.
final class OutputCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Pause between two reads from a survivor that writes all the time: it gets some MB per second, not a core.
    private static let drainPause = TimeAmount.milliseconds(20)

    private var rule: OutputRule
    private let descriptor: Int32
    private let budget: DrainBudget
    private let promise: EventLoopPromise<OutputRule.Output>
    private var context: ChannelHandlerContext?
    private var holdsBudget = false

    init(limit: Int, descriptor: Int32, budget: DrainBudget, eventLoop: any EventLoop) {
        rule = OutputRule(limit: limit)
        self.descriptor = descriptor
        self.budget = budget
        promise = eventLoop.makePromise()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(rule.closed())
        if holdsBudget { budget.giveBack() }
        holdsBudget = false
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        finish(rule.read(unwrapInboundIn(data)))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        guard rule.isDraining else { return }
        let channel = context.channel
        context.eventLoop.scheduleTask(in: Self.drainPause) { channel.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(rule.closed())
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The process is over: the output is complete once what lies in the pipe now has been read.
    func processEnded() -> EventLoopFuture<OutputRule.Output> {
        var unread = 0
        // The descriptor is the channel's; it is open as long as this handler is in the pipeline.
        if context != nil, cms_readable_bytes(descriptor, &unread) == 0 { finish(rule.processEnded(unread: unread)) }
        return promise.futureResult
    }

    /// Nobody wants the output any more.
    func abandon() {
        finish(rule.closed())
    }

    private func finish(_ output: OutputRule.Output?) {
        guard let output else { return }
        promise.succeed(output)
        guard let context, context.channel.isActive else { return }
        guard budget.take() else { return context.close(promise: nil) }
        holdsBudget = true
        let channel = context.channel
        channel.setOption(.autoRead, value: false).whenSuccess { channel.read() }
    }
}
