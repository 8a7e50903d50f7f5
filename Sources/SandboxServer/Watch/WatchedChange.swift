import SandboxAPI

/// One change that is to be reported.
struct WatchedChange: Sendable, Hashable {
    var kind: WatchEventKind
    /// Absolute.
    var path: String
    var isDirectory: Bool
}
