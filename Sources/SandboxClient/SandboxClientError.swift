import AsyncHTTPClient
public import SandboxAPI

/// Everything that can go wrong in a call. A command that fails is no error: it has an exit code.
public enum SandboxClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The server answered with an error.
    case server(ErrorBody)
    /// The server's answer has a form that this version does not know; the number is its HTTP status.
    case unexpectedAnswer(status: Int)
    /// There was no answer: no connection, or it broke.
    case unreachable(String)
    /// A stream ended before its last event, or told of an error in the middle.
    case streamBroken(String)
    /// What was waited for did not come in time.
    case timeout
    /// A process ended while something else of it was waited for.
    case processExited(code: Int)
    /// The task was cancelled.
    case cancelled
    /// The base URL is none.
    case invalidURL
    /// A local file or stream failed, with the reason in words.
    case local(String)

    /// The API's code, if the error came from the server and this version knows it.
    public var code: ErrorCode? {
        if case .server(let body) = self { ErrorCode(rawValue: body.code) } else { nil }
    }

    /// One sentence.
    public var description: String {
        switch self {
        case .server(let body): "\(body.code): \(body.message)"
        case .unexpectedAnswer(let status): "The server's answer (HTTP \(status)) is not understood."
        case .unreachable(let reason): "The server cannot be reached: \(reason)."
        case .streamBroken(let reason): "The stream broke off: \(reason)"
        case .timeout: "It did not happen in time."
        case .processExited(let code): "The process ended with exit code \(code) before that."
        case .cancelled: "The task was cancelled."
        case .invalidURL: "The base URL must be an http or https URL."
        case .local(let reason): reason
        }
    }

    /// What a request or the reading of its answer threw.
    init(transport error: any Error) {
        switch error {
        case let error as SandboxClientError: self = error
        case is CancellationError: self = .cancelled
        case let error as HTTPClientError where error == .cancelled: self = .cancelled
        case let error as HTTPClientError: self = .unreachable(error.shortDescription)
        default: self = .unreachable("\(type(of: error))")
        }
    }
}
