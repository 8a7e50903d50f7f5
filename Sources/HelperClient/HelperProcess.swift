public import HelperProtocol
public import HelperTransport

/// A process that the helper started for this client.
///
/// Letting go of the value does not end the process; it ends by itself, by ``terminate(grace:)``, or with the
/// connection.
public struct HelperProcess: Sendable {
    /// Names the process in requests.
    public let handle: ProcessHandle
    /// The pid as seen inside the process's own namespace; for show, never for signalling.
    public let pid: Int32
    private let terminal: TerminalBox?
    private let connection: HelperConnection
    private let ending: HelperConnection.Ending

    init(_ reply: SpawnReply, terminal: TerminalBox?, connection: HelperConnection, ending: HelperConnection.Ending) {
        handle = reply.handle
        pid = reply.pid
        self.terminal = terminal
        self.connection = connection
        self.ending = ending
    }

    /// How the process ended, once it has; any number of tasks may wait, also after the end.
    ///
    /// For a process in a cell this means that everything in the cell is dead and unmounted.
    /// - Throws: `CancellationError` if the waiting task is cancelled, else ``HelperClientError``.
    public var exitStatus: ExitStatus {
        get async throws { try await ending.wait().get() }
    }

    /// Takes the master of the process's terminal; nil without one, and to everyone but the first caller.
    public func takeTerminal() -> OwnedDescriptor? {
        terminal?.take()
    }

    /// Sends a signal to the process itself. Numbers outside `ProtocolLimits.signals` are refused.
    public func signal(_ number: UInt8) async throws(HelperClientError) {
        guard ProtocolLimits.signals.contains(number) else { throw .refused(HelperFailure(.notPermitted)) }
        _ = try await connection.ask(.signal(handle, number))
    }

    /// Ends the process and everything descended from it: SIGTERM, the grace period, SIGKILL.
    ///
    /// Returns when the helper has taken note; ``exitStatus`` says when the last of them is gone. An end that came
    /// first is no error.
    /// - Parameter grace: At most `ProtocolLimits.graceMilliseconds`; longer ones are cut to that.
    public func terminate(grace: Duration) async throws(HelperClientError) {
        do {
            _ = try await connection.ask(.terminate(handle, graceMilliseconds: Self.milliseconds(grace)))
        } catch .refused(let failure) where failure.code == .unknownProcess {
            return
        }
    }

    /// Changes the size of the process's terminal.
    public func resize(_ size: TerminalSize) async throws(HelperClientError) {
        guard ProtocolLimits.terminalCells.contains(size.rows), ProtocolLimits.terminalCells.contains(size.columns)
        else { throw .refused(HelperFailure(.notPermitted)) }
        _ = try await connection.ask(.resize(handle, size))
    }

    static func milliseconds(_ duration: Duration) -> UInt32 {
        let (seconds, attoseconds) = duration.components
        let limits = ProtocolLimits.graceMilliseconds
        guard seconds >= 0 else { return limits.lowerBound }
        guard seconds <= Int64(limits.upperBound / 1000) else { return limits.upperBound }
        return min(UInt32(seconds) * 1000 + UInt32(attoseconds / 1_000_000_000_000_000), limits.upperBound)
    }
}
