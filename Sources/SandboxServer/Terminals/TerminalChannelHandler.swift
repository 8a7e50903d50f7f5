import NIOCore

/// Reads a terminal's master. When the last process has closed the terminal, reading fails with EIO: that is the end.
final class TerminalChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// How long the program waits for readers that do not come nearer.
    private static let patience = TimeAmount.seconds(1)

    private let output: TerminalOutput
    private let gate: ReadGate
    private var deadline: Scheduled<Void>?

    init(_ output: TerminalOutput, _ gate: ReadGate) {
        self.output = output
        self.gate = gate
    }

    func handlerAdded(context: ChannelHandlerContext) {
        gate.attach(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        deadline?.cancel()
        gate.detach()
    }

    func read(context: ChannelHandlerContext) {
        gate.read(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A reader that catches up right now opens the gate on this event loop, so afterwards.
        guard !output.append(unwrapInboundIn(data)) else { return }
        gate.hold()
        wait(context)
    }

    private func wait(_ context: ChannelHandlerContext) {
        deadline?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: Self.patience) {
            let (handler, context) = bound.value
            if handler.output.losePatience() { handler.wait(context) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
