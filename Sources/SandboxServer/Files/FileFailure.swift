import HelperClient

/// Why a file operation did not happen.
enum FileFailure: Error, Equatable {
    /// A system call failed, the agent's or the server's own: errno(3).
    case failed(errno: Int32)
    /// The agent did not answer in time and has been ended.
    case timedOut
    /// The agent went away: before it was asked, or with the answer due.
    case agentLost(wasAsked: Bool)
    /// The agent said something that does not belong there; it has been ended.
    case unexpectedReply
    /// No agent could be started.
    case noAgent(HelperClientError)
}
