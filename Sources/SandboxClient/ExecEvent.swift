/// What a command that is followed while it runs says.
public enum ExecEvent: Sendable, Hashable {
    /// It runs. The id names it in ``SandboxClient/process(_:)``; the pid is the one inside its namespace.
    case started(processID: String, pid: Int?)
    /// It wrote to standard output. Never ends inside a character.
    case stdout(String)
    /// It wrote to standard error. Never ends inside a character.
    case stderr(String)
    /// The last event: its exit code, or 128 plus the number of the signal that ended it; 124 when its time was up.
    case finished(exitCode: Int, isTimedOut: Bool)
}
