import HelperClient
import HelperProtocol
import Logging
import NIOCore

/// What the routes share, made once for a running server.
struct ServerServices: Sendable {
    let planner: ExecPlanner
    let runner: CommandRunner
    let sessions: SessionTable
    let processes: ProcessTable
    let starter: ProcessStarter
    let terminals: TerminalTable
    /// Runs what outlives its request.
    let work: BackgroundWork

    init(
        configuration: ServerConfiguration,
        helper: HelperClient,
        hello: HelloReply,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger
    ) {
        let selector = NamespaceSelector(additional: configuration.neutralVariables)
        let budget = DrainBudget()
        planner = ExecPlanner(hello: hello, configuration: configuration, selector: selector)
        runner = CommandRunner(
            helper: helper,
            configuration: configuration,
            budget: budget,
            memory: OutputMemory(limit: configuration.outputMemoryBytes),
            eventLoopGroup: eventLoopGroup
        )
        sessions = SessionTable(
            starter: SessionStarter(
                helper: helper,
                hello: hello,
                shell: configuration.shell,
                selector: selector,
                eventLoopGroup: eventLoopGroup
            ),
            limit: configuration.maximumSessions
        )
        processes = ProcessTable()
        work = BackgroundWork()
        starter = ProcessStarter(
            sessions: sessions,
            processes: processes,
            work: work,
            helper: helper,
            configuration: configuration,
            budget: budget,
            eventLoopGroup: eventLoopGroup
        )
        let places = TerminalPlaces(sessions: sessions, runner: runner, planner: planner, logger: logger)
        terminals = TerminalTable(
            helper: helper,
            configuration: configuration,
            eventLoopGroup: eventLoopGroup,
            place: places.place
        )
    }
}
