public import SandboxAPI

/// Everything that can go wrong in a call. A command that fails is no error: it has an exit code.
public enum SandboxClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server answered with an error.
    case server(ErrorBody)
    /// The server's answer has a form that this version does not know; the number is its HTTP status.
    case unexpectedAnswer(status: Int)
    /// There was no answer: no connection, or it broke.
    case unreachable(String)
    /// The base URL is none.
    case invalidURL

    /// One sentence.
    public var description: String {
        switch self {
        case .server(let body): "\(body.code): \(body.message)"
        case .unexpectedAnswer(let status): "The server's answer (HTTP \(status)) is not understood."
        case .unreachable(let reason): "The server cannot be reached: \(reason)."
        case .invalidURL: "The base URL must be an http or https URL."
        }
    }
}
