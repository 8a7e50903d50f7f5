import HTTPTypes
import HelperClient
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTPTypes
import NIOPosix
import ServiceLifecycle

/// Serves HTTP on a socket that somebody else has bound and listens on.
///
/// The socket is shared with the helper, which holds it for ever: this end is only closed, never shut down, and no
/// option of it is changed.
struct HTTPListener: Service {
    /// Makes the answer to one request.
    typealias Respond = @Sendable (Request, Connection, any Channel) async -> Response

    private struct Accepted: Sendable {
        var http: HTTP1Channel
        var channel: HTTP1Channel.Value
    }

    /// For the log.
    let name: String
    /// The inherited socket. NIO closes it with the channel.
    let socket: Int32
    let identity: PeerIdentity
    let table: ConnectionTable
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    let respond: Respond

    func run() async throws {
        let server = try await ServerBootstrap(group: eventLoopGroup)
            // NIO listens once more, with this backlog: the helper's own.
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Of the connections only: in TIME_WAIT they must not refuse the port to the next helper. The
            // listener is held without, so that nothing can be bound beside it (cns_hold_port).
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .bind(socket) { channel in accept(channel) }
        logger.info("Serving.", metadata: ["listener": "\(name)"])
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { inbound in
                        for try await accepted in inbound {
                            guard let accepted else { continue }
                            group.addTask { await accepted.http.handle(value: accepted.channel, logger: logger) }
                        }
                    }
                } catch {
                    logger.error("The listener failed.", metadata: ["listener": "\(name)", "error": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
            table.quiesce()
        }
    }

    /// Runs on the connection's event loop, before anything of it is read.
    private func accept(_ channel: any Channel) -> EventLoopFuture<Accepted?> {
        let peer = PeerAddresses.End(channel.remoteAddress)
        let local = PeerAddresses.End(channel.localAddress)
        let addresses = peer.flatMap { peer in local.map { PeerAddresses(peer: peer, local: $0) } }
        let verdict = identity.verdict(addresses)
        let isLocal = addresses?.isLocal ?? true
        guard table.admit(channel, verdict != .permitted ? .refused : isLocal ? .local : .outside) else {
            return channel.close().map { nil }.flatMapErrorThrowing { _ in nil }
        }
        let connection = Connection(verdict: verdict)
        channel.closeFuture.whenComplete { _ in connection.closed.set(()) }
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                var response = await respond(request, connection, channel)
                // A body after the answer to HEAD would be read as the beginning of the next answer.
                if request.method == .head { response = response.createHeadResponse() }
                try await writer.write(response: response.head, body: response.body)
            },
            // No idle timeout: it would cut an answer to a caller that is still sending. The handler knows the times.
            configuration: .init(additionalChannelHandlers: [RequestDeadlineHandler()])
        )
        return http.setup(channel: channel, logger: logger).map { Accepted(http: http, channel: $0) }
    }
}
