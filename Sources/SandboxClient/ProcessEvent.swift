/// What the stream of a process's output says.
public enum ProcessEvent: Sendable, Hashable {
    /// It wrote to standard output. Never ends inside a character.
    case stdout(String)
    /// It wrote to standard error, or this is what the server says about output that it has not kept.
    case stderr(String)
    /// The last event: its exit code, or 128 plus the number of the signal that ended it.
    case exited(code: Int)
}
