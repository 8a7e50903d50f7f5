import NIOCore
import NIOPosix

/// Connections to programs of the sandbox. All namespaces share one network, so its localhost is ours.
enum LocalPort {
    /// In which order they are tried: programs that listen on one of them only mostly choose the first.
    private static let hosts = ["127.0.0.1", "::1"]
    private static let timeout = TimeAmount.seconds(5)

    /// Connects and sets the channel up.
    /// - Throws: The error of the last address that was tried.
    static func connect<Output: Sendable>(
        _ port: Int,
        on group: any EventLoopGroup,
        _ configure: @escaping @Sendable (any Channel) -> EventLoopFuture<Output>
    ) async throws -> Output {
        var failure: any Error = ChannelError.connectPending
        for host in hosts {
            do {
                return try await ClientBootstrap(group: group)
                    .connectTimeout(timeout)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connect(to: SocketAddress(ipAddress: host, port: port), channelInitializer: configure)
            } catch {
                failure = error
            }
        }
        throw failure
    }
}
