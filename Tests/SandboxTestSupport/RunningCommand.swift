public import HelperClient

/// A command that a test started over the helper's socket.
public struct RunningCommand: Sendable {
    /// The helper's process.
    public let process: HelperProcess
    /// What it writes to its standard output; for a command with a terminal, everything.
    public let output: OutputReader
    /// What it writes to its standard error; nothing for a command with a terminal.
    public let errors: OutputReader

    /// Waits for the exit event and takes what has been written by then. Survivors that write later get SIGPIPE.
    public func result() async throws -> CommandResult {
        let status = try await process.exitStatus
        return CommandResult(
            status: status,
            output: try await output.finish(),
            errors: try await errors.finish(),
            pid: process.pid
        )
    }
}
