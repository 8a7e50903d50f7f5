import HelperClient

/// What becomes of one command that was given to a session's shell.
struct ShellTicket: Sendable {
    /// How a command ended.
    enum Ending: Sendable {
        /// With the shell's status for it, and the directory that the shell is in now; empty for background commands.
        case finished(status: Int, directory: String)
        /// With the shell itself, which ended with this status.
        case shellEnded(status: Int)
        /// With the shell's keeper: nobody knows how.
        case lost
    }

    let number: UInt32
    /// The pid in the namespace, once a background command runs; nil if it never did.
    let started = OneShot<Int32?>()
    let ended = OneShot<Ending>()
    /// Set when everything of a command that was to be stopped is gone.
    let stopped = OneShot<Void>()
}
