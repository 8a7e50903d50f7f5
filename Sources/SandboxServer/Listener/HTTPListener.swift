import Glibc
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
    /// Makes the answer to one request. An answer of 101 needs an offer that has been accepted.
    typealias Respond = @Sendable (Request, Connection, UpgradeOffer?) async -> Response

    /// Connections that may wait to be accepted: as many as the helper itself lets wait.
    private static let backlog: Int32 = 1024

    /// For the log.
    let name: String
    /// The inherited socket. NIO closes it with the channel.
    let socket: Int32
    let identity: PeerIdentity
    let table: ConnectionTable
    let deadlines: RequestDeadlines
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    let respond: Respond

    func run() async throws {
        let server = try await ServerBootstrap(group: eventLoopGroup)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // Of the connections only: in TIME_WAIT they must not refuse the port to the next helper. The
            // listener is held without, so that nothing can be bound beside it (cns_hold_port).
            .childChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // Nothing is read before there is a task for it.
            .childChannelOption(.autoRead, value: false)
            .bind(socket) { channel in accept(channel) }
        // NIO has listened with its own default before any option counted; the last listen(2) decides.
        if listen(socket, Self.backlog) != 0 { logger.warning("The queue of new connections stays short.") }
        logger.info("Serving.", metadata: ["listener": "\(name)"])
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                do {
                    try await server.executeThenClose { inbound in
                        for try await accepted in inbound {
                            guard let accepted else { continue }
                            group.addTask { await serve(accepted) }
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
    private func accept(_ channel: any Channel) -> EventLoopFuture<AcceptedConnection?> {
        let peer = PeerAddresses.End(channel.remoteAddress)
        let local = PeerAddresses.End(channel.localAddress)
        let addresses = peer.flatMap { peer in local.map { PeerAddresses(peer: peer, local: $0) } }
        let (verdict, uid) = identity.judge(addresses)
        let isLocal = addresses?.isLocal ?? true
        guard table.admit(channel, verdict != .permitted ? .refused : isLocal ? .local : .outside) else {
            return channel.close().map { nil }.flatMapErrorThrowing { _ in nil }
        }
        let connection = Connection(
            verdict: verdict,
            peerAddress: channel.remoteAddress?.ipAddress,
            peerUID: uid,
            isLocal: isLocal || uid != nil
        )
        channel.closeFuture.whenComplete { _ in connection.closed.set(()) }
        return channel.eventLoop.makeSucceededFuture(AcceptedConnection(channel, connection))
    }

    /// The connection's whole life, in a task of its own.
    private func serve(_ accepted: AcceptedConnection) async {
        let (channel, connection) = accepted.take()
        let deadlines = connection.verdict == .permitted ? deadlines : deadlines.refused
        let parts: HTTPPipeline.Parts
        let takeover: ConnectionTakeover
        do {
            (parts, takeover) = try await channel.eventLoop.submit {
                let connectionSwitch = ConnectionSwitch()
                let bound = NIOLoopBound(connectionSwitch, eventLoop: channel.eventLoop)
                let parts = try HTTPPipeline.configure(channel, connectionSwitch, deadlines, logger: logger)
                return (parts, ConnectionTakeover(channel: channel, connectionSwitch: bound))
            }.get()
        } catch {
            // Closed before it began.
            return channel.close(promise: nil)
        }
        channel.setOption(.autoRead, value: true).whenFailure { _ in channel.close(promise: nil) }
        let http = HTTP1Channel { request, writer, channel in
            let offer = UpgradeOffer(request, channel)
            var response = await respond(request, connection, offer)
            if response.status == .switchingProtocols, let upgrade = offer?.accepted.value {
                return try await upgrade.run(takeover, response.headers)
            }
            // A body after the answer to HEAD would be read as the beginning of the next answer.
            if request.method == .head { response = response.createHeadResponse() }
            try await writer.write(response: response.head, body: response.body)
        }
        await http.handle(value: parts, logger: logger)
    }
}
