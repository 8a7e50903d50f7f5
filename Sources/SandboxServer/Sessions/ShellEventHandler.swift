import AgentProtocol
import NIOCore

/// Decodes what the keeper of a shell says. Anything but an event ends the connection.
final class ShellEventHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let connection: ShellConnection

    init(_ connection: ShellConnection) {
        self.connection = connection
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        do {
            connection.received(try ShellEvent(Array(unwrapInboundIn(data).readableBytesView)))
        } catch {
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connection.lost()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
