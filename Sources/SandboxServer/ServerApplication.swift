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
    let helper: HelperClient
    let hello: HelloReply
    let eventLoopGroup: any EventLoopGroup
    let logger: Logger

    /// The service that answers on the API's socket.
    func api(_ socket: Int32, peers: PeerPolicy? = nil) -> HTTPListener {
        let responder = router().buildResponder()
        return listener("api", socket, peers) { request, connection, _ in
            let context = SandboxContext(source: .init(logger: logger, connection: connection))
            do {
                return try await responder.respond(to: request, context: context)
            } catch {
                return APIError(.internalError, "The server failed to answer; its log says more.").response
            }
        }
    }

    /// The service that answers on Jupyter's socket as long as there is no Jupyter.
    func jupyter(_ socket: Int32, peers: PeerPolicy? = nil) -> HTTPListener {
        listener("jupyter", socket, peers) { _, connection, _ in
            let refusal = AccessMiddleware.refusal(connection.verdict)
            return (refusal ?? APIError(.interpreterNotReady, "The code interpreter is not running.")).response
        }
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
                policy: peers ?? PeerPolicy(sandboxUIDs: GuaranteeTable.sandboxUIDs(hello.ids))
            ),
            table: ConnectionTable(
                maximum: configuration.maximumConnections,
                maximumLocal: configuration.maximumLoopbackConnections
            ),
            eventLoopGroup: eventLoopGroup,
            logger: logger,
            respond: respond
        )
    }

    private func router() -> Router<SandboxContext> {
        let router = Router(context: SandboxContext.self, options: [.autoGenerateHeadEndpoints])
        let table = OneShot<RouteTable>()
        router.add(middleware: ErrorMiddleware(routes: table))
        router.add(middleware: AccessMiddleware(token: token))
        SystemRoutes.add(to: router)
        HealthRoutes(helper: helper, hello: hello).add(to: router)
        ExecuteRoutes(
            session: ExecSession(
                helper: helper,
                configuration: configuration,
                budget: DrainBudget(),
                eventLoopGroup: eventLoopGroup
            ),
            hello: hello,
            selector: NamespaceSelector(additional: configuration.neutralVariables)
        ).add(to: router)
        addFiles(to: router)
        // Last: the table is made of every route above.
        table.set(RouteTable(router))
        return router
    }

    /// File operations and watches; relative paths are resolved against the workspace.
    private func addFiles(to router: Router<SandboxContext>) {
        let pool = FileAgentPool(helper: helper, eventLoopGroup: eventLoopGroup)
        let files = FileService(pool: pool, hello: hello) { _ in hello.workspace }
        let hub = WatchHub(helper: helper, eventLoopGroup: eventLoopGroup)
        FileRoutes(files: files, configuration: configuration).add(to: router)
        WatchRoutes(watches: WatchService(files: files, hub: hub), configuration: configuration).add(to: router)
    }
}
