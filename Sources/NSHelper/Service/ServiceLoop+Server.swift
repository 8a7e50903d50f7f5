import CMessageShim
import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

extension ServiceLoop {
    /// Starts a server with a channel of its own; on failure tries again later.
    func startServer() {
        serverStartMicroseconds = nil
        ports.listenAgain()
        do {
            try launchServer()
        } catch {
            Log.error(
                "the server cannot be started: step '\(error.stage.name)' failed (\(SystemError(errno: error.errno))); "
                    + "program \(ServerProgram.path(configuration))"
            )
            decide(restartPolicy.ended(exitCode: nil, livedMicroseconds: 0))
        }
    }

    private func launchServer() throws(HelperFailure) {
        let sockets: RecordChannel.Pair
        do { sockets = try RecordChannel.pair() } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
        let filter = try filterFile()
        let path = ServerProgram.path(configuration)
        let program = OwnedDescriptor(adopting: open(path, O_RDONLY | O_CLOEXEC))
        guard program.rawValue >= 0 else { throw HelperFailure(.stepFailed, stage: .execute, errno: errno) }
        let ids = isolation.context.layout.ids
        var namespaces: ChildPlan.Namespaces?
        var pidNamespace: Int32?
        if case .namespaces(let set) = isolation.mode {
            guard let control = set[.control] else { throw HelperFailure(.namespaceDown) }
            namespaces = control.descriptors
            pidNamespace = control.pidDescriptor
        }
        var streams = [
            isolation.context.layout.descriptors.null, STDOUT_FILENO, STDERR_FILENO, sockets.far.rawValue,
            ports.api.rawValue, ports.jupyter.rawValue, filter.rawValue,
        ]
        do { auditHandover = try auditSink.map { sink throws(SystemError) in try AuditHandover(sink) } } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
        if let auditHandover { streams.append(auditHandover.farNumber) }
        let steps = ChildPlan.server(
            program: program.rawValue,
            streams: streams,
            in: namespaces,
            uid: ids.control,
            gid: ids.controlGroup,
            isPrivileged: isPrivileged,
            dropsBounding: isolation.context.layout.dropsBounding,
            outOfMemoryScore: isolation.context.layout.limits.serverOutOfMemoryScore
        )
        let image = CommandImage(arguments: [path], variables: serverEnvironment())
        let spawned = try Spawner.spawn(
            steps,
            kind: .plain,
            pidNamespace: pidNamespace,
            context: isolation.context,
            image: image
        )
        auditHandover?.serverHasStarted()
        // No foreign code has this uid, so nobody can hold the child up: waiting is safe.
        var report = spawned.report
        report.drainToEnd(timeoutMilliseconds: RunningNamespace.timeoutMilliseconds)
        let child = spawned.child
        if let failure = report.outcome {
            child.signal(SIGKILL)
            var end = cns_end()
            _ = cns_reap(child.pid, 1, &end)
            throw failure
        }
        let connection = Connection(
            id: takeConnectionID(),
            door: .server,
            channel: RecordChannel(adopting: sockets.consumeNear())
        )
        add(connection)
        #if WEAKENED
            Weakness.letGo([ports.api.rawValue, ports.jupyter.rawValue])
        #endif
        server = RunningServer(
            child: child,
            connection: connection,
            watchdogMilliseconds: configuration.watchdogMilliseconds
        )
    }

    /// The filter that the server installs itself, as a sealed file.
    private func filterFile() throws(HelperFailure) -> OwnedDescriptor {
        var descriptor: Int32 = -1
        let code = cms_memfd("filter", &descriptor)
        guard code == 0 else { throw HelperFailure(.stepFailed, stage: .systemCallFilter, errno: code) }
        let file = OwnedDescriptor(adopting: descriptor)
        let program = isolation.context.filters[.server]
        guard write(descriptor, program.instructions, program.count * 8) == program.count * 8, cms_seal(descriptor) == 0
        else { throw HelperFailure(.stepFailed, stage: .systemCallFilter, errno: errno) }
        return file
    }

    /// Opens the audit log anew, because its file has been renamed or the system's log restarted, and hands it on. If
    /// that fails the old one stays.
    func reopenAuditLog() {
        guard auditSink != nil else { return }
        do {
            let sink = try AuditSink(
                configuration.auditLog,
                workspaceGroup: isolation.context.layout.ids.workspaceGroup
            )
            do throws(SystemError) { try auditHandover?.send(sink) } catch {
                // The server will be given it with its next start, or by the next signal.
                Log.warning("audit-log: the server did not take the new file: \(error)")
            }
            auditSink = sink
            Log.notice("audit-log: opened anew")
        } catch {
            Log.error(error.message)
        }
    }

    private func serverEnvironment() -> [EnvironmentVariable] {
        // As systemd tells its services, sd_watchdog_enabled(3).
        let watchdog = UInt64(configuration.watchdogMilliseconds) * 1000
        return [
            EnvironmentVariable("PATH", "/usr/bin:/bin"),
            EnvironmentVariable("LANG", "C.UTF-8"),
            EnvironmentVariable("LISTEN_FDS", auditSink == nil ? "4" : "5"),
            EnvironmentVariable("LISTEN_FDNAMES", "helper:api:jupyter:filter" + (auditSink == nil ? "" : ":audit")),
        ] + (watchdog == 0 ? [] : [EnvironmentVariable("WATCHDOG_USEC", "\(watchdog)")])
            + configuration.serverSettings.map { EnvironmentVariable($0.name, $0.value) }
    }

    /// Kills a server that has been silent for too long. Its end then comes like any other.
    func watchServer(_ now: UInt64) {
        // One that was told to stop has the time of the stop.
        guard stopDeadlineMicroseconds == nil, let server, server.watchdog.decide(now) == .kill else { return }
        Log.error("the server has not said that it lives for \(configuration.watchdogMilliseconds) ms; it is killed")
        server.signal(SIGKILL)
    }

    /// The server has been reaped: ends what ran for it, and decides about the next.
    func serverEnded(_ end: cns_end) {
        guard let ended = server else { return }
        server = nil
        // A server that has greeted had a configuration it could work with, whatever it says at its end.
        let hasServed = ended.connection.isGreeted
        if connections[ended.connection.id] != nil { close(ended.connection) }
        if stopDeadlineMicroseconds != nil { return finishStoppingIfQuiet() }
        let code = end.status & 0x7F == 0 ? UInt8(truncatingIfNeeded: end.status >> 8) : nil
        let how = code.map { "exited with status \($0)" } ?? "was ended by signal \(end.status & 0x7F)"
        Log.warning("the server \(how)")
        let lived = cns_monotonic_microseconds() - ended.startedMicroseconds
        decide(restartPolicy.ended(exitCode: hasServed ? nil : code, livedMicroseconds: lived))
    }

    private func decide(_ decision: RestartPolicy.Decision) {
        switch decision {
        case .giveUp: exitStatus = Int32(RestartPolicy.configurationError)
        case .restart(let delay): serverStartMicroseconds = cns_monotonic_microseconds() + delay
        }
    }

    /// Begins an orderly stop: everybody is asked to end, the server first of all.
    func stop() {
        guard stopDeadlineMicroseconds == nil else { return }
        Log.notice("stopping")
        stopDeadlineMicroseconds = cns_monotonic_microseconds() + UInt64(configuration.graceMilliseconds) * 1000
        terminate(commands.all, graceMilliseconds: configuration.graceMilliseconds)
        if case .namespaces(let set) = isolation.mode, let user = set[.user] {
            // What earlier commands left in the background.
            TreeKiller.terminate(below: [user.initPID])
        }
        server?.signal(SIGTERM)
        finishStoppingIfQuiet()
    }

    /// Ends the stop before its time when nobody is left to wait for.
    func finishStoppingIfQuiet() {
        if stopDeadlineMicroseconds != nil, server == nil, commands.all.isEmpty { finishStopping() }
    }

    /// Ends the stop: `run` takes down what is left.
    func finishStopping() { exitStatus = 0 }
}
