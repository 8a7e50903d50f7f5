import HTTPTypes
import HelperClient
import HelperProtocol
import Hummingbird
import Logging
import NIOCore
import SandboxAPI
import ServiceLifecycle

/// Everything the running server consists of, put together.
struct ServerApplication: Sendable {
    let configuration: ServerConfiguration
    let token: AccessToken?
    /// nil where none is kept.
    let audit: AuditLog?
    let connector: JupyterConnector
    let helper: HelperClient
    let hello: HelloReply
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger
    let services: ServerServices

    init(
        configuration: ServerConfiguration,
        token: AccessToken?,
        audit: AuditLog? = nil,
        jupyter: JupyterAddress? = nil,
        helper: HelperClient,
        hello: HelloReply,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) {
        self.configuration = configuration
        self.token = token
        self.audit = audit
        connector = JupyterConnector(jupyter, mode: hello.mode)
        self.helper = helper
        self.hello = hello
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
        services = ServerServices(
            configuration: configuration,
            helper: helper,
            hello: hello,
            eventLoopGroup: eventLoopGroup,
            logger: logger
        )
    }

    /// The service that answers on the API's socket.
    func api(_ socket: Int32, peers: PeerPolicy? = nil) -> HTTPListener {
        let nested = OneShot<Multiplexer.Respond>()
        let responder = router(nested).buildResponder()
        let respond: Multiplexer.Respond = { request, context in
            do {
                return try await responder.respond(to: request, context: context)
            } catch {
                return APIError(.internalError, "The server failed to answer; its log says more.").response
            }
        }
        // What comes inside a WebSocket goes the same way as everything else, which is known only now.
        nested.set(respond)
        return listener("api", socket, peers) { request, connection, upgrade in
            await respond(
                request,
                SandboxContext(source: .init(logger: logger, connection: connection, upgrade: upgrade))
            )
        }
    }

    /// The service that answers on Jupyter's socket.
    func jupyter(_ socket: Int32, peers: PeerPolicy? = nil) -> HTTPListener {
        let proxy = JupyterProxy(
            audit: audit,
            connector: connector,
            token: token,
            tokenTellsApart: hello.mode == .landlock,
            pages: CrossOriginPolicy(origins: configuration.crossOrigins),
            eventLoopGroup: eventLoopGroup
        )
        return listener("jupyter", socket, peers, proxy.respond)
    }

    private func listener(
        _ name: String,
        _ socket: Int32,
        _ peers: PeerPolicy?,
        _ respond: @escaping HTTPListener.Respond
    )
        -> HTTPListener
    {
        HTTPListener(
            name: name,
            socket: socket,
            identity: PeerIdentity(
                policy: peers ?? PeerPolicy(sandboxUIDs: GuaranteeTable.sandboxUIDs(hello))
            ),
            table: ConnectionTable(
                maximum: configuration.maximumConnections,
                maximumLocal: configuration.maximumLoopbackConnections,
                maximumRefused: configuration.maximumRefusedConnections
            ),
            deadlines: RequestDeadlines(configuration),
            eventLoopGroup: eventLoopGroup,
            logger: logger,
            respond: respond
        )
    }
}
