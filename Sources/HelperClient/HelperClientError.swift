public import HelperProtocol
public import HelperTransport

/// Everything that can go wrong between a client and the helper. No case holds anything of a request's content.
public enum HelperClientError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The helper understood the request and refused it, or a step of it failed.
    case refused(HelperFailure)
    /// The helper is gone, or this client was closed. Nothing asked over this connection will be answered any more.
    case connectionLost
    /// The helper sent something that the protocol does not allow there; the connection has been closed.
    case protocolViolation(DecodingError?)
    /// The argv and environment cannot be sent.
    case payload(SpawnPayload.Problem)
    /// A system call of this process failed: no descriptor or memory left, or nobody listens at the path.
    case system(SystemError)

    /// One sentence, built from fixed text and numbers only.
    public var description: String {
        switch self {
        case .refused(let failure) where failure.code == .stepFailed:
            "The helper could not start the process: step \(failure.stage.name) failed, "
                + "\(SystemError(errno: failure.errno))."
        case .refused(let failure): "The helper refused the request: \(failure.code)."
        case .connectionLost: "The connection to the helper is closed."
        case .protocolViolation(let problem?): "The helper sent an invalid record: \(problem)."
        case .protocolViolation(nil): "The helper sent a record that answers nothing."
        case .payload(let problem): "The command cannot be sent to the helper: \(problem)."
        case .system(let error): "A system call failed: \(error)."
        }
    }
}
