import NIOCore

/// Reads a terminal's master. When the last process has closed the terminal, reading fails with EIO: that is the end.
final class TerminalChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let output: TerminalOutput
    private let gate: ReadGate

    init(_ output: TerminalOutput, _ gate: ReadGate) {
        self.output = output
        self.gate = gate
    }

    func handlerAdded(context: ChannelHandlerContext) {
        gate.attach(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        gate.detach()
    }

    func read(context: ChannelHandlerContext) {
        gate.read(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // A reader that catches up right now opens the gate on this event loop, so afterwards.
        if !output.append(unwrapInboundIn(data)) { gate.hold() }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
