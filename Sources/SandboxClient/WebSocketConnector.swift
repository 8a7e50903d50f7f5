import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket
import SandboxAPI

/// Opens WebSockets to the server. RFC 6455.
struct WebSocketConnector: Sendable {
    typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
    private typealias Refusal = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    private enum Opening: Sendable {
        case open(Frames)
        case refused(Refusal)
    }

    /// Bytes of the largest message, as the server has it.
    private static let messageLimit = 16 * 1024 * 1024

    let transport: Transport

    /// - Parameter path: With its query.
    func connect(_ path: String) async throws(SandboxClientError) -> Frames {
        guard let url = ServerURL(transport.baseURL) else { throw .invalidURL }
        do {
            let opening = try await ClientBootstrap(group: HTTPClient.defaultEventLoopGroup)
                .connectTimeout(.seconds(10))
                .connect(host: url.host, port: url.port) { channel in
                    channel.eventLoop.makeCompletedFuture { try configure(channel, url, path) }
                }
                .get()
            switch opening {
            case .open(let frames): return frames
            case .refused(let channel): throw try await refusal(channel)
            }
        } catch {
            throw SandboxClientError(transport: error)
        }
    }

    private func configure(
        _ channel: any Channel,
        _ url: ServerURL,
        _ path: String
    ) throws -> EventLoopFuture<Opening> {
        if url.isSecure {
            let context = try NIOSSLContext(configuration: .makeClientConfiguration())
            // An address is no name that a certificate could be asked for.
            let name = url.host.contains(":") || url.host.allSatisfy { $0.isNumber || $0 == "." } ? nil : url.host
            try channel.pipeline.syncOperations.addHandler(
                NIOSSLClientHandler(context: context, serverHostname: name)
            )
        }
        let upgrader = NIOTypedWebSocketClientUpgrader<Opening>(
            maxFrameSize: Self.messageLimit,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 0,
                            maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: Self.messageLimit
                        )
                    )
                    return .open(try Frames(wrappingChannelSynchronously: channel))
                }
            }
        )
        let configuration = NIOTypedHTTPClientUpgradeConfiguration<Opening>(
            upgradeRequestHead: head(url, path),
            upgraders: [upgrader],
            notUpgradingCompletionHandler: { channel in
                channel.eventLoop.makeCompletedFuture {
                    .refused(try Refusal(wrappingChannelSynchronously: channel))
                }
            }
        )
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        // The first frames may come with the answer to the upgrade.
        pipeline.leftOverBytesStrategy = .forwardBytes
        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(configuration: pipeline)
    }

    private func head(_ url: ServerURL, _ path: String) -> HTTPRequestHead {
        // A base URL may have a path of its own, before a proxy.
        let prefix = url.text.drop { $0 != ":" }.dropFirst(3).drop { $0 != "/" }
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: prefix + path)
        let host = url.host.contains(":") ? "[\(url.host)]" : url.host
        head.headers.add(name: "host", value: "\(host):\(url.port)")
        if let token = transport.accessToken { head.headers.add(name: "x-sandbox-token", value: token.headerValue) }
        return head
    }

    /// What an ordinary answer in the place of the upgrade says.
    private func refusal(_ channel: Refusal) async throws -> SandboxClientError {
        try await channel.executeThenClose { inbound, _ in
            var status = 0
            var body = Data()
            for try await part in inbound {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes): body.append(contentsOf: bytes.readableBytesView.prefix(65_536))
                case .end:
                    guard let error = try? JSONDecoder().decode(ErrorBody.self, from: body) else {
                        return .unexpectedAnswer(status: status)
                    }
                    return .server(error)
                }
            }
            return .unexpectedAnswer(status: status)
        }
    }
}
