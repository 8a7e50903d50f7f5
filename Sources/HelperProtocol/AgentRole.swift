/// What the pair's own program inside the sandbox, `sandbox-agent`, is started for.
public enum AgentRole: UInt8, Sendable, Hashable, CaseIterable {
    /// Opens, lists, moves and watches files with the user's rights and in the user's view. Runs outside the user PID
    /// namespace, so that user code can neither see nor signal it.
    case files = 1
    /// Keeps one persistent shell in the namespace that was asked for.
    case shell = 2
}
