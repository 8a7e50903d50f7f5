import SandboxAPI

/// What is known about an action beside who asked for it and how it was answered. Names and numbers only: no value, no
/// command, no path.
struct AuditFacts: Sendable, Equatable {
    /// How the caller showed that it may.
    enum Token: String, Sendable {
        /// No token is asked for.
        case off
        case accepted
        case refused
        /// Shown when the socket was opened that the request came through.
        case socket
    }

    var token = Token.off
    /// Whether the rules of access refused it.
    var isRefused = false
    /// Where something was run; `secure` if anything was.
    var namespace: NamespaceName?
    /// The session that the body named.
    var session: String?
    /// The background process.
    var process: String?
    /// The TCP port.
    var port: Int?
    /// Names of the variables that came with the request, sorted.
    var variables: [String] = []
    /// Exit status of what was run: 0–255, 128 + signal.
    var exitStatus: Int?
    /// Whether its time was up.
    var isTimedOut = false
    /// Code of the API's error, noted by those who answer it in a shape of their own.
    var error: String?
}
