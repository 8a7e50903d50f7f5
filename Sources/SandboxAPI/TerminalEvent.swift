/// A text of the server on `/ws/pty`: `ready` after the replay, `error`, or `exit` when the shell is over.
public struct TerminalEvent: Codable, Sendable {
    /// `ready`, `error` or `exit`.
    public var type: String
    /// What went wrong; with `error` only.
    public var message: String?
    /// The shell's exit code, or 128 plus the number of the signal that ended it; with `exit` only.
    public var code: Int?
    /// The number of the signal that ended the shell; with `exit` only, and only then.
    public var signal: Int?

    /// Everything before was replayed; what follows is new.
    public static let ready = TerminalEvent(type: "ready")

    /// Something went wrong.
    public static func error(_ message: String) -> TerminalEvent {
        TerminalEvent(type: "error", message: message)
    }

    /// The shell is over.
    public static func exit(code: Int, signal: Int?) -> TerminalEvent {
        TerminalEvent(type: "exit", code: code, signal: signal)
    }

    /// Makes a text.
    public init(type: String, message: String? = nil, code: Int? = nil, signal: Int? = nil) {
        self.type = type
        self.message = message
        self.code = code
        self.signal = signal
    }
}
