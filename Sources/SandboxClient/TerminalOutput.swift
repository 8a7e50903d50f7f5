/// What a terminal shows.
public enum TerminalOutput: Sendable, Hashable {
    /// Bytes for the screen; a piece may end inside a character.
    case bytes([UInt8])
    /// What came so far was there before; what follows is new.
    case ready
    /// The last event: the shell is over, with its exit code, or 128 plus the number of the signal that ended it.
    case exited(code: Int)
}
