import CMessageShim
import NIOCore

/// Reads one output pipe into a sink, as fast as the sink allows. Everything happens on the channel's event loop, which
/// makes the count of unread bytes exact: no read can fall between asking for it and using it.
final class OutputReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    /// Pause between two reads from a survivor that writes all the time: it gets some MB per second, not a core.
    private static let drainPause = TimeAmount.milliseconds(20)
    /// How long a sink may hold a process up.
    private static let patience = TimeAmount.seconds(10)

    private var flow = OutputFlow()
    private let sink: any OutputSink
    private let descriptor: Int32
    private let budget: DrainBudget
    private let promise: EventLoopPromise<Void>
    private var channel: (any Channel)?
    private var hasRoom = true
    private var isOver = false
    private var holdsBudget = false

    init(_ sink: any OutputSink, descriptor: Int32, budget: DrainBudget, eventLoop: any EventLoop) {
        self.sink = sink
        self.descriptor = descriptor
        self.budget = budget
        promise = eventLoop.makePromise()
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        flow.closed()
        settle()
        if holdsBudget { budget.giveBack() }
        holdsBudget = false
        channel = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if let bytes = flow.read(unwrapInboundIn(data)) { hasRoom = sink.append(bytes) && hasRoom }
        settle()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        let channel = context.channel
        if isOver {
            context.eventLoop.scheduleTask(in: Self.drainPause) { channel.read() }
        } else if hasRoom {
            channel.read()
        } else {
            let sink = sink
            let release = context.eventLoop.scheduleTask(in: Self.patience) { sink.makeRoom() }
            let resume = NIOLoopBound(self, eventLoop: context.eventLoop)
            let eventLoop = context.eventLoop
            sink.whenRoom {
                eventLoop.execute {
                    release.cancel()
                    resume.value.hasRoom = true
                    channel.read()
                }
            }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        flow.closed()
        settle()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// The process is over: its output is complete once what lies in the pipe now has been read.
    func processEnded() -> EventLoopFuture<Void> {
        var unread = 0
        // The descriptor is the channel's; it is open as long as this handler is in the pipeline.
        if channel != nil, cms_readable_bytes(descriptor, &unread) == 0 { flow.processEnded(unread: unread) }
        settle()
        return promise.futureResult
    }

    /// Nobody wants the output any more.
    func abandon() {
        flow.closed()
        settle()
    }

    private func settle() {
        guard flow.isOver, !isOver else { return }
        isOver = true
        promise.succeed(())
        guard let channel, channel.isActive else { return }
        guard budget.take() else { return channel.close(promise: nil) }
        holdsBudget = true
        channel.read()
    }
}
