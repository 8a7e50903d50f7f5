import CNamespaceShim
import Glibc
import HelperProtocol
import HelperTransport

extension ServiceLoop {
    /// Starts Jupyter with a channel of its own; on failure tries again later. Its kernels are commands of that
    /// channel, so they end with it.
    func startJupyter() {
        jupyterStartMicroseconds = nil
        guard let jupyterProgram else { return }
        do {
            try launchJupyter(jupyterProgram)
        } catch {
            Log.error(
                "Jupyter cannot be started: step '\(error.stage.name)' failed (\(SystemError(errno: error.errno))); "
                    + "program \(jupyterProgram.path)"
            )
            decideAboutJupyter(jupyterRestartPolicy.ended(exitCode: nil, livedMicroseconds: 0))
        }
    }

    private func launchJupyter(_ program: JupyterProgram) throws(HelperFailure) {
        let sockets: RecordChannel.Pair
        do { sockets = try RecordChannel.pair() } catch {
            throw HelperFailure(.stepFailed, stage: .report, errno: error.errno)
        }
        let filter = try filterFile()
        let child = try launch(
            .path(Array(program.path.utf8)),
            handing: [sockets.far.rawValue, program.token.rawValue, filter.rawValue],
            CommandImage(arguments: [program.path], variables: jupyterEnvironment(program))
        )
        let connection = Connection(
            id: takeConnectionID(),
            door: .control,
            channel: RecordChannel(adopting: sockets.consumeNear())
        )
        add(connection)
        // It does nothing that callers wait for but through the server, which notices when it is silent.
        jupyter = RunningServer(child: child, connection: connection, watchdogMilliseconds: 0)
    }

    private func jupyterEnvironment(_ program: JupyterProgram) -> [EnvironmentVariable] {
        [
            EnvironmentVariable("PATH", "/usr/bin:/bin"),
            EnvironmentVariable("LANG", "C.UTF-8"),
            EnvironmentVariable("HOME", program.directory),
            EnvironmentVariable("LISTEN_FDS", "3"),
            EnvironmentVariable("LISTEN_FDNAMES", "helper:token:filter"),
            EnvironmentVariable("SANDBOX_JUPYTER_DIRECTORY", program.directory),
        ]
            + configuration.serverSettings.filter { $0.name == "SANDBOX_SERVER_KERNEL_POOL" }
            .map { EnvironmentVariable($0.name, $0.value) }
    }

    /// Jupyter has been reaped: ends its kernels, and decides about the next.
    func jupyterEnded(_ end: cns_end) {
        guard let ended = jupyter else { return }
        jupyter = nil
        if connections[ended.connection.id] != nil { close(ended.connection) }
        if stopDeadlineMicroseconds != nil { return finishStoppingIfQuiet() }
        let code = end.status & 0x7F == 0 ? UInt8(truncatingIfNeeded: end.status >> 8) : nil
        let how = code.map { "exited with status \($0)" } ?? "was ended by signal \(end.status & 0x7F)"
        Log.warning("Jupyter \(how)")
        let lived = cns_monotonic_microseconds() - ended.startedMicroseconds
        decideAboutJupyter(jupyterRestartPolicy.ended(exitCode: code, livedMicroseconds: lived))
    }

    private func decideAboutJupyter(_ decision: RestartPolicy.Decision) {
        switch decision {
        // The pair is good without it.
        case .giveUp: Log.error("Jupyter says that it cannot run here and is not started again")
        case .restart(let delay): jupyterStartMicroseconds = cns_monotonic_microseconds() + delay
        }
    }
}
