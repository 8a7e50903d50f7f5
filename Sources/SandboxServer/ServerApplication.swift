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

    private func router(_ nested: OneShot<Multiplexer.Respond>) -> Router<SandboxContext> {
        let router = Router(context: SandboxContext.self, options: [.autoGenerateHeadEndpoints])
        let table = OneShot<RouteTable>()
        let pages = CrossOriginPolicy(origins: configuration.crossOrigins)
        router.add(middleware: CrossOriginMiddleware(policy: pages, routes: table))
        router.add(middleware: ErrorMiddleware(routes: table))
        router.add(middleware: AccessMiddleware(token: token, pages: pages))
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
        MultiplexRoutes(respond: nested, logger: logger).add(to: router)
        TerminalRoutes(table: terminals(), hello: hello).add(to: router)
        let ports = PortRegistry()
        let rules = PortRules(hello)
        PortRoutes(
            rules: rules,
            registry: ports,
            probe: PortProbe(eventLoopGroup: eventLoopGroup),
            processes: UnknownProcesses(),
            bodyLimit: configuration.bodyLimitBytes
        ).add(to: router)
        ProxyRoutes(rules: rules, registry: ports, eventLoopGroup: eventLoopGroup).add(to: router)
        // Last: the table is made of every route above.
        table.set(RouteTable(router))
        return router
    }

    private func terminals() -> TerminalTable {
        let workspace = hello.workspace
        return TerminalTable(helper: helper, configuration: configuration, eventLoopGroup: eventLoopGroup) { _ in
            (workspace, [])
        }
    }
}
