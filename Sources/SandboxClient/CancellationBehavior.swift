/// What becomes of a followed command when the task that follows it is cancelled.
public enum CancellationBehavior: Sendable, Hashable {
    /// The command and everything it started are ended before the cancelled call returns.
    case kill
    /// It runs on, and can be found by its id.
    case detach
}
