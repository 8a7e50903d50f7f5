import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

extension ServerApplication {
    /// Every route, behind what all requests pass through.
    /// - Parameter nested: What answers requests that come inside a WebSocket.
    func router(_ nested: OneShot<Multiplexer.Respond>) -> Router<SandboxContext> {
        let router = Router(context: SandboxContext.self, options: [.autoGenerateHeadEndpoints])
        let table = OneShot<RouteTable>()
        let pages = CrossOriginPolicy(origins: configuration.crossOrigins)
        router.add(middleware: CrossOriginMiddleware(policy: pages, routes: table))
        router.add(middleware: ErrorMiddleware(routes: table))
        if let audit { router.add(middleware: AuditMiddleware(log: audit)) }
        router.add(middleware: AccessMiddleware(token: token, pages: pages, tokenTellsApart: hello.mode == .landlock))
        SystemRoutes.add(to: router)
        OpenAPIRoutes.add(to: router)
        let helper = helper
        HealthRoutes(
            pulse: HelperPulse { try? await helper.status() },
            hello: hello,
            audit: audit,
            limits: ServerLimits.rows(configuration),
            hasToken: token != nil,
            connector: connector,
            eventLoopGroup: eventLoopGroup
        ).add(to: router)
        addCommands(to: router)
        addTools(to: router)
        addPorts(to: router)
        addFiles(to: router)
        InterpreterRoutes(
            service: InterpreterService(
                connector: connector,
                planner: services.planner,
                eventLoopGroup: eventLoopGroup
            ),
            bodyLimit: configuration.bodyLimitBytes
        ).add(to: router)
        MultiplexRoutes(respond: nested, logger: logger).add(to: router)
        TerminalRoutes(table: services.terminals, hello: hello).add(to: router)
        // Last: the table is made of every route above.
        table.set(RouteTable(router))
        return router
    }

    private func addCommands(to router: Router<SandboxContext>) {
        SessionRoutes(
            sessions: services.sessions,
            processes: services.processes,
            terminals: services.terminals,
            planner: services.planner
        ).add(to: router)
        ExecuteRoutes(
            runner: services.runner,
            sessions: services.sessions,
            starter: services.starter,
            planner: services.planner
        ).add(to: router)
        StreamRoutes(starter: services.starter, planner: services.planner).add(to: router)
        ProcessRoutes(starter: services.starter, processes: services.processes, planner: services.planner)
            .add(to: router)
        CommandRoutes(runner: services.runner, planner: services.planner).add(to: router)
    }

    private func addTools(to router: Router<SandboxContext>) {
        GitRoutes(
            checkout: GitCheckout(runner: services.runner, sessions: services.sessions, planner: services.planner)
        ).add(to: router)
        BackupRoutes(
            service: BackupService(
                runner: services.runner,
                planner: services.planner,
                rules: BackupRules(workspace: hello.workspace, directory: configuration.backupDirectory)
            )
        ).add(to: router)
    }

    /// File operations and watches; relative paths are resolved against the directory of the session.
    private func addFiles(to router: Router<SandboxContext>) {
        let pool = FileAgentPool(helper: helper, eventLoopGroup: eventLoopGroup)
        let (sessions, workspace) = (services.sessions, hello.workspace)
        let files = FileService(pool: pool, hello: hello) { sessionID in
            let session = await sessions.existing(try SessionReference.id(sessionID))
            return session?.directory ?? workspace
        }
        let hub = WatchHub(helper: helper, eventLoopGroup: eventLoopGroup)
        FileRoutes(files: files, configuration: configuration).add(to: router)
        WatchRoutes(watches: WatchService(files: files, hub: hub), configuration: configuration).add(to: router)
    }

    private func addPorts(to router: Router<SandboxContext>) {
        let ports = PortRegistry()
        let rules = PortRules(hello)
        PortRoutes(
            rules: rules,
            registry: ports,
            probe: PortProbe(eventLoopGroup: eventLoopGroup),
            processes: services.processes,
            bodyLimit: configuration.bodyLimitBytes
        ).add(to: router)
        ProxyRoutes(rules: rules, registry: ports, eventLoopGroup: eventLoopGroup).add(to: router)
    }
}
