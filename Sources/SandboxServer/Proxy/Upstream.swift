import NIOCore
import NIOHTTP1
import NIOPosix

/// A connection to a program of the sandbox, for one request.
struct Upstream: Sendable {
    let channel: any Channel
    /// The answer's head; fails if the connection ends before it.
    let head: EventLoopFuture<HTTPResponseHead>
    /// The answer's body, read as fast as it is consumed; throws if it is cut off.
    let body: InboundQueue<ByteBuffer>
    private let handler: NIOLoopBound<UpstreamHandler>

    private init(_ channel: any Channel, _ handler: UpstreamHandler, _ body: InboundQueue<ByteBuffer>) {
        self.channel = channel
        head = handler.head.futureResult
        self.body = body
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }

    /// Connects to the port of this host.
    static func connect(_ port: Int, on eventLoop: any EventLoop) async throws -> Upstream {
        try await LocalPort.connect(port, on: eventLoop, configure)
    }

    /// Connects to the Unix socket.
    static func connect(path: String, on eventLoop: any EventLoop) async throws -> Upstream {
        try await ClientBootstrap(group: eventLoop)
            .connect(to: SocketAddress(unixDomainSocketPath: path), channelInitializer: configure)
    }

    private static let configure: @Sendable (any Channel) -> EventLoopFuture<Upstream> = { channel in
        channel.eventLoop.makeCompletedFuture {
            let gate = ReadGate()
            let queue = InboundQueue<ByteBuffer>.makeSequence(
                backPressureStrategy: InboundQueue<ByteBuffer>.strategy,
                finishOnDeinit: false,
                delegate: ReadDemand(gate, channel.eventLoop)
            )
            let handler = UpstreamHandler(channel.eventLoop.makePromise(), queue.source, gate)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(HTTPRequestEncoder())
            // What comes after 101 is not HTTP and must be kept for the tunnel.
            try pipeline.addHandler(ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes)))
            try pipeline.addHandler(handler)
            return Upstream(channel, handler, queue.sequence)
        }
    }

    /// Sends a part and waits until it is in the kernel's hands.
    func send(_ part: HTTPClientRequestPart) async throws {
        try await channel.writeAndFlush(part)
    }

    /// Begins the request. Whether that worked shows in the answer: a program may answer and close before it has read
    /// everything.
    func begin(_ head: HTTPRequestHead, isWhole: Bool) {
        channel.writeAndFlush(HTTPClientRequestPart.head(head), promise: nil)
        if isWhole { channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil) }
    }

    func close() {
        channel.close(promise: nil)
    }

    /// Replaces HTTP by the handler. Must be called on the event loop.
    func leaveHTTP(for tunnel: TunnelHandler) throws -> EventLoopFuture<Void> {
        try handler.value.leaveHTTP(for: tunnel)
    }
}
