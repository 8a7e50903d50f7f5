import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

/// The helper's one loop: waits with poll(2) for signals, requests, reports and deadlines, and handles each
/// to its end. Nothing in it waits for anybody else.
final class ServiceLoop {
    let configuration: HelperConfiguration
    let isolation: Isolation
    let ports: HeldPorts
    let environment: BaseEnvironment
    let isPrivileged: Bool
    /// The agent's program, open since the start; nil if there is none.
    let agent: OwnedDescriptor?
    /// The audit log as it was opened last; nil if none is kept.
    var auditSink: AuditSink?
    /// The way to the running server's audit log.
    var auditHandover: AuditHandover?
    let startedMicroseconds = cns_monotonic_microseconds()
    private let signals: OwnedDescriptor
    private let door: PathDoor

    var connections: [UInt64: Connection] = [:]
    var commands: CommandTable
    var server: RunningServer?
    var restartPolicy = RestartPolicy()
    var serverStartMicroseconds: UInt64? = 0
    /// What Jupyter is started from; nil if there is none.
    let jupyterProgram: JupyterProgram?
    var jupyter: RunningServer?
    var jupyterRestartPolicy = RestartPolicy()
    /// When Jupyter is started next; nil for never, or while it runs.
    var jupyterStartMicroseconds: UInt64?
    /// Who waits for a namespace to be made anew.
    var pendingResets: [PendingReset] = []
    /// The same in mode `users`.
    var uidResets: [SandboxNamespace: [(connection: UInt64, request: UInt64)]] = [:]
    /// When to try again to make a namespace that could not be made.
    var renewals: [SandboxNamespace: (deadline: UInt64, delay: UInt64)] = [:]
    /// Why `user` could not be made in modes `users` and `landlock`, while it does not stand.
    var userFailure: HelperFailure?
    var stopDeadlineMicroseconds: UInt64?
    var exitStatus: Int32?
    private var nextConnection: UInt64 = 1

    /// Longest time between a command's clone and its execve. Mounting a cell takes about a millisecond; only
    /// a stopped child (by its own uid's SIGSTOP) or a dying machine gets here.
    static let startTimeoutMicroseconds: UInt64 = 10_000_000

    init(
        configuration: HelperConfiguration,
        isolation: Isolation,
        ports: HeldPorts,
        signals: consuming OwnedDescriptor,
        door: consuming PathDoor,
        environment: BaseEnvironment,
        agent: consuming OwnedDescriptor?,
        auditSink: AuditSink?,
        jupyterProgram: JupyterProgram?,
        isPrivileged: Bool
    ) {
        self.configuration = configuration
        self.isolation = isolation
        self.ports = ports
        self.environment = environment
        self.isPrivileged = isPrivileged
        self.agent = agent
        self.auditSink = auditSink
        self.jupyterProgram = jupyterProgram
        jupyterStartMicroseconds = jupyterProgram == nil || isolation.mode.isolation == nil ? nil : 0
        self.signals = signals
        self.door = door
        commands = CommandTable(user: Int(configuration.processSlots), secure: Int(configuration.cellSlots))
    }

    /// Something to wait for.
    private enum Source {
        case signals, door
        case connection(Connection)
        case report(RunningCommand)
    }

    /// Serves until the pair is told to stop; returns the exit status.
    func run() -> Int32 {
        while true {
            runDeadlines()
            if let exitStatus {
                takeDown()
                return exitStatus
            }
            let (sources, watchedDescriptors) = watched()
            var descriptors = watchedDescriptors
            let ready = poll(&descriptors, nfds_t(descriptors.count), nextTimeout())
            // EINTR cannot happen: every signal is blocked. ENOMEM can, and passes.
            guard ready > 0 else { continue }
            for (source, descriptor) in zip(sources, descriptors) where descriptor.revents != 0 {
                handle(source, descriptor.revents)
            }
        }
    }

    private func watched() -> ([Source], [pollfd]) {
        var sources: [Source] = [.signals]
        var descriptors = [pollfd(fd: signals.rawValue, events: Int16(POLLIN), revents: 0)]
        func watch(_ source: Source, _ descriptor: Int32, _ events: Int32 = POLLIN) {
            sources.append(source)
            descriptors.append(pollfd(fd: descriptor, events: Int16(events), revents: 0))
        }
        if stopDeadlineMicroseconds == nil { watch(.door, door.rawValue) }
        for connection in connections.values {
            watch(.connection(connection), connection.rawValue, connection.wantsToSend ? POLLOUT : POLLIN)
        }
        for command in commands.all {
            if let report = command.reportDescriptor { watch(.report(command), report) }
        }
        return (sources, descriptors)
    }

    private func handle(_ source: Source, _ events: Int16) {
        switch source {
        case .signals: handleSignals()
        case .door: acceptTool()
        case .connection(let connection): handle(connection, events)
        case .report(let command):
            // An earlier event of this round may have settled it already.
            if command.reportDescriptor != nil, command.drainReport() { settle(command) }
        }
    }

    private func acceptTool() {
        guard let entrant = door.accept() else { return }
        let kind = entrant.door
        add(
            Connection(
                id: takeConnectionID(),
                door: kind,
                channel: RecordChannel(adopting: entrant.takeConnection())
            )
        )
    }

    func takeConnectionID() -> UInt64 {
        defer { nextConnection += 1 }
        return nextConnection
    }

    func add(_ connection: Connection) { connections[connection.id] = connection }

    private func handle(_ connection: Connection, _ events: Int16) {
        guard connections[connection.id] != nil else { return }
        if connection.wantsToSend {
            guard events & Int16(POLLHUP | POLLERR) == 0, connection.flush() else { return close(connection) }
            return
        }
        switch connection.receive() {
        case .nothing: return
        case .closed: close(connection)
        case .violation:
            Log.warning("a client broke the protocol; its connection is closed")
            close(connection)
        case .request(let id, let request, let descriptors):
            if !answer(request, id: id, descriptors: descriptors, from: connection) { close(connection) }
        }
    }

    /// Forgets a client and ends what it started: nothing runs for nobody. During a stop everybody has been asked to end and
    /// has the grace time to do it, though the server, whose commands they are, is gone first.
    func close(_ connection: Connection) {
        connections[connection.id] = nil
        if stopDeadlineMicroseconds == nil { kill(commands.all.filter { $0.connection == connection.id }) }
        if server?.connection.id == connection.id { server?.closed() }
        if jupyter?.connection.id == connection.id { jupyter?.closed() }
    }

    /// The nearest deadline, in the form poll(2) wants: -1 for none, rounded up so that it has passed on waking.
    private func nextTimeout() -> Int32 {
        var deadlines = commands.all.compactMap { command -> UInt64? in
            if case .starting(let deadline) = command.phase { return deadline }
            return command.killDeadlineMicroseconds
        }
        deadlines += renewals.values.map(\.deadline)
        deadlines += pendingResets.compactMap(\.deadlineMicroseconds)
        if let stopDeadlineMicroseconds { deadlines.append(stopDeadlineMicroseconds) }
        if stopDeadlineMicroseconds == nil, let deadline = server?.watchdog.deadlineMicroseconds {
            deadlines.append(deadline)
        }
        if server == nil, let serverStartMicroseconds { deadlines.append(serverStartMicroseconds) }
        if let jupyterStartMicroseconds { deadlines.append(jupyterStartMicroseconds) }
        guard let nearest = deadlines.min() else { return -1 }
        let now = cns_monotonic_microseconds()
        return nearest <= now ? 0 : Int32(clamping: (nearest - now + 999) / 1000)
    }

    /// Kills whatever the pair has started and waits until it is gone. As pid 1 the kernel would do the same;
    /// elsewhere nothing may be left running unsupervised.
    private func takeDown() {
        server?.signal(SIGKILL)
        jupyter?.signal(SIGKILL)
        kill(commands.all)
        switch isolation.mode {
        case .namespaces(let set): set.killAll()
        // The keepers of the cells have been told already, and remove the cells' directories before they end.
        case .kept(let spaces): spaces.endUser()
        // What daemonised without a namespace has come to the subreaper.
        case .open, .unavailable: TreeKiller.kill(below: [getpid()])
        }
        let deadline = cns_monotonic_microseconds() + Self.takeDownMicroseconds
        while true {
            var end = cns_end()
            var pid: pid_t = 0
            var number: Int32 = 0
            switch cns_reap_any(&pid, &end) {
            case 0: continue
            case EAGAIN:
                let now = cns_monotonic_microseconds()
                // A member in uninterruptible sleep holds its namespace up; waiting longer would not help.
                guard now < deadline else { return Log.warning("some processes have not ended in time") }
                _ = cns_wait_readable(signals.rawValue, Int32(clamping: (deadline - now + 999) / 1000))
                while cns_read_signal(signals.rawValue, &number) == 0, number != 0 {}
            default:
                if case .kept(let spaces) = isolation.mode { spaces.remove() }
                return isolation.context.groups?.dissolve() ?? ()
            }
        }
    }

    /// How long killed processes may take to go.
    private static let takeDownMicroseconds: UInt64 = 5_000_000

    private func handleSignals() {
        var number: Int32 = 0
        while cns_read_signal(signals.rawValue, &number) == 0, number != 0 {
            switch number {
            case SIGCHLD: reapChildren()
            case SIGTERM, SIGINT: stop()
            // Also what a closing terminal sends; a service outlives that.
            case SIGHUP: reopenAuditLog()
            default: break
            }
        }
        // One pending SIGCHLD can stand for many children.
        reapChildren()
    }
}
