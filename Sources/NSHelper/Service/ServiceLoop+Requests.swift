import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

extension ServiceLoop {
    /// Carries out one request; false if the connection must be closed.
    func answer(
        _ request: HelperRequest,
        id: UInt64,
        descriptors: consuming DescriptorList,
        from connection: Connection
    ) -> Bool {
        guard RequestTable.permits(request.operation, door: connection.door, greeted: connection.isGreeted) else {
            // Before the greeting nothing is owed; afterwards a tool may learn that it asked too much.
            return connection.isGreeted && connection.reply(.failed(HelperFailure(.notPermitted)), to: id)
        }
        switch request {
        case .hello:
            connection.greet()
            if connection.id == server?.connection.id { server?.watchdog.heard(cns_monotonic_microseconds()) }
            return connection.reply(.hello(hello()), to: id)
        case .spawn(let spawn):
            do {
                try start(spawn, id: id, descriptors: descriptors, from: connection)
                return true
            } catch {
                return connection.reply(.failed(error), to: id)
            }
        case .signal(let handle, let signal):
            guard let command = commands.command(handle, connection: connection.id) else {
                return connection.reply(.failed(HelperFailure(.unknownProcess)), to: id)
            }
            // A command that has ended is no error: its exit event is on its way.
            command.signalCommand(Int32(signal))
            return connection.reply(.signalled, to: id)
        case .terminate(let handle, let grace):
            guard let command = commands.command(handle, connection: connection.id) else {
                return connection.reply(.failed(HelperFailure(.unknownProcess)), to: id)
            }
            terminate([command], graceMilliseconds: grace)
            return connection.reply(.terminating, to: id)
        case .resize(let handle, let size):
            guard let command = commands.command(handle, connection: connection.id) else {
                return connection.reply(.failed(HelperFailure(.unknownProcess)), to: id)
            }
            let code = command.resize(size)
            return connection.reply(
                code == 0 ? .resized : .failed(HelperFailure(.notATerminal, stage: .terminal, errno: code)),
                to: id
            )
        case .status: return connection.reply(.status(status()), to: id)
        case .reset(let namespace): return reset(namespace, id: id, from: connection)
        case .shutdown:
            let isSent = connection.reply(.shuttingDown, to: id)
            stop()
            return isSent
        }
    }

    private func hello() -> HelloReply {
        #if WEAKENED
            let ids = Weakness.identities(isolation.context.layout.ids)
        #else
            let ids = isolation.context.layout.ids
        #endif
        var limits: [SandboxLimit] = []
        if case .namespaces = isolation.mode {
            let controllers = isolation.context.groups?.controllers ?? []
            let granted = isolation.context.layout.limits
            limits = LimitRows.rows(configuration, granted, controllers, container: isolation.container)
        }
        return HelloReply(
            helperVersion: Help.version,
            mode: isolation.mode.isolation,
            ids: ids,
            workspace: isolation.context.layout.workspace,
            workspaceSharing: isolation.context.layout.sharing,
            apiPort: ports.api.port,
            jupyterPort: ports.jupyter.port,
            reservedPorts: ports.reservedPorts,
            processSlots: configuration.processSlots + configuration.cellSlots,
            probeFailure: isolation.failure,
            limits: limits,
            controlGroupProblem: isolation.groupFailure?.reason,
            cellUIDs: isolation.mode.isolation == .users ? configuration.cellUIDs : nil,
            landlockVersion: UInt16(isolation.context.layout.landlockVersion),
            acceptsUnprotectedCredentials: isolation.mode.isolation.map {
                !$0.protectsCredentials && configuration.acceptsCredentials(in: $0)
            } ?? false
        )
    }

    private func status() -> StatusReply {
        let now = cns_monotonic_microseconds()
        var namespaces: [StatusReply.Namespace] = []
        var setup: UInt64 = 0
        if case .namespaces(let set) = isolation.mode {
            setup = set.setupMicroseconds
            namespaces = SandboxNamespace.allCases.map { namespace in
                StatusReply.Namespace(
                    namespace: namespace,
                    generation: set.generation(namespace),
                    isAlive: set[namespace] != nil,
                    running: UInt32(commands.running(in: namespace))
                )
            }
        }
        if case .kept(let spaces) = isolation.mode {
            setup = spaces.setupMicroseconds
            namespaces = rows(spaces)
        }
        let processes = commands.all.prefix(ProtocolLimits.statusProcesses).map { command in
            StatusReply.Process(
                handle: command.handle,
                namespace: command.namespace,
                pid: command.pid,
                ageMilliseconds: (now - command.startedMicroseconds) / 1000
            )
        }
        return StatusReply(
            uptimeMilliseconds: (now - startedMicroseconds) / 1000,
            namespaceSetupMicroseconds: setup,
            serverRestarts: restartPolicy.restarts,
            namespaces: namespaces,
            processes: Array(processes)
        )
    }

    /// Starts a command; its reply follows when its program runs or a step has failed.
    private func start(
        _ request: SpawnRequest,
        id: UInt64,
        descriptors: consuming DescriptorList,
        from connection: Connection
    ) throws(HelperFailure) {
        if stopDeadlineMicroseconds != nil { throw HelperFailure(.shuttingDown) }
        guard let mode = isolation.mode.isolation else { throw HelperFailure(.isolationUnavailable) }
        // A door for tools is no way around what the operator has to say yes to.
        if request.namespace == .secure, !configuration.acceptsCredentials(in: mode) {
            throw HelperFailure(.isolationUnavailable)
        }
        // Only a mount namespace can give it; nobody may believe to have it.
        guard request.workspace == .readWrite || mode == .namespaces else { throw HelperFailure(.isolationUnavailable) }
        let null = isolation.context.layout.descriptors.null
        var command = ChildPlan.Command(
            program: try program(request),
            workingDirectory: request.workingDirectory,
            streams: [null, null, null],
            workspace: request.workspace
        )
        switch request.streams {
        case .descriptors:
            command.streams = [descriptors[1], descriptors[2], descriptors[3]]
            for (index, stream) in command.streams.enumerated() {
                try DescriptorPolicy.check(stream, takesRecords: request.agent != nil && index == 0)
            }
        case .terminal(let size): command.terminal = size
        }
        var additions = [EnvironmentVariable("PWD", bytes: request.workingDirectory)]
        // Swift's runtime looks for itself through /proc/self, which a hidden process does not have, unless it is told.
        if request.agent == .files { additions.append(EnvironmentVariable("SWIFT_ROOT", "/")) }
        guard let handle = commands.reserve(request.namespace) else { throw HelperFailure(.noFreeSlot) }

        let launch: CommandLaunch
        switch isolation.mode {
        case .namespaces(let set):
            let home = MountPlan.homePath(request.namespace)
            let image = try CommandImage(
                payload: descriptors[0],
                base: environment.variables(request.namespace, home: home) + additions
            )
            launch = try CommandLaunch(
                command,
                in: request.namespace,
                set,
                isolation.context,
                image: image,
                isHidden: request.agent == .files
            )
        case .kept(let spaces):
            guard uidResets[request.namespace] == nil, request.namespace != .user || spaces.isUserOpen else {
                throw HelperFailure(.namespaceDown)
            }
            let cell = request.namespace == .secure ? try spaces.takeCell() : nil
            do {
                let base = environment.variables(
                    request.namespace,
                    home: cell?.home ?? spaces.userHome,
                    temporary: cell?.temporary ?? "/tmp"
                )
                let image = try CommandImage(payload: descriptors[0], base: base + additions)
                launch = try CommandLaunch(
                    command,
                    as: cell,
                    spaces,
                    isolation.context,
                    image: image,
                    isHidden: request.agent == .files
                )
            } catch {
                // Nobody has had it.
                if let cell { spaces.giveBack(cell, isClean: true) }
                throw error
            }
        case .open, .unavailable:
            let image = try CommandImage(
                payload: descriptors[0],
                base: environment.variables(request.namespace, home: configuration.workspace) + additions
            )
            launch = try CommandLaunch(
                open: command,
                identity: isPrivileged ? isolation.context.layout.ids.owner(request.namespace) : nil,
                isolation.context,
                image: image
            )
        }
        // The image is wiped by now: the child has its own copy, which execve(2) throws away.
        commands.insert(
            RunningCommand(
                handle: handle,
                namespace: request.namespace,
                isHidden: request.agent == .files,
                connection: connection.id,
                requestID: id,
                launch: launch,
                deadlineMicroseconds: cns_monotonic_microseconds() + Self.startTimeoutMicroseconds
            )
        )
    }

    private func program(_ request: SpawnRequest) throws(HelperFailure) -> ChildPlan.Command.Program {
        guard request.agent != nil else { return .execute(request.executable) }
        guard let agent = agent.number else { throw HelperFailure(.stepFailed, stage: .execute, errno: ENOENT) }
        return .agent(agent)
    }

    private func reset(_ namespace: SandboxNamespace, id: UInt64, from connection: Connection) -> Bool {
        // The reply follows when the old init has been reaped and the new one stands: `reapChildren`.
        switch isolation.mode {
        case .namespaces(let set):
            pendingResets.append(
                PendingReset(
                    connection: connection.id,
                    request: id,
                    namespace: namespace,
                    generation: set.generation(namespace) + 1,
                    killedInit: set[namespace]?.initPID,
                    commands: commands.all.filter { $0.namespace == namespace }.map(\.handle),
                    deadlineMicroseconds: cns_monotonic_microseconds() + PendingReset.patienceMicroseconds
                )
            )
            // Where it cannot be known that all of them have stopped, the next one is made when they have been reaped.
            if set.kill(namespace) { tryRenew(namespace, in: set) }
        case .kept(let spaces):
            uidResets[namespace, default: []].append((connection.id, id))
            resetUIDs(of: namespace, in: spaces)
        case .open, .unavailable:
            return connection.reply(.failed(HelperFailure(.isolationUnavailable)), to: id)
        }
        return true
    }
}
