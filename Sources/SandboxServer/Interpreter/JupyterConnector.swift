import HelperClient
import HelperProtocol
import NIOCore
import SandboxAPI
import Synchronization

/// Connects to Jupyter, and knows what it means when that fails.
final class JupyterConnector: Sendable {
    /// What can be said about Jupyter.
    enum State: String {
        /// This image has none.
        case off
        /// It does not listen yet, and has not had the time to.
        case starting
        case ready
        /// It should have been listening for long.
        case failing
    }

    /// How long a start may take before it is a failure: importing everything on a busy machine.
    private static let patience = Duration.seconds(60)

    let address: JupyterAddress?
    private let mode: IsolationMode?
    private let clock: @Sendable () -> ContinuousClock.Instant
    /// When it was first not reached; nil since it was.
    private let missingSince: Mutex<ContinuousClock.Instant?>

    /// - Parameter mode: The running one.
    init(
        _ address: JupyterAddress?,
        mode: IsolationMode?,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.address = address
        self.mode = mode
        self.clock = clock
        missingSince = Mutex(clock())
    }

    /// A connection for one request.
    /// - Throws: What the caller is told: to come back while it is starting, and never otherwise.
    func connect(on eventLoop: any EventLoop) async throws -> Upstream {
        guard let address else { throw absent }
        do {
            let upstream = try await Upstream.connect(path: address.socketPath, on: eventLoop)
            missingSince.withLock { $0 = nil }
            return upstream
        } catch {
            guard isStarting() else {
                throw APIError(
                    .serviceNotResponding,
                    "The code interpreter does not start; the container's log says more."
                )
            }
            throw APIError(.interpreterNotReady, "The code interpreter is starting.")
        }
    }

    /// What is the case now; asked by trying.
    func state(on eventLoop: any EventLoop) async -> State {
        guard address != nil else { return .off }
        do {
            try await connect(on: eventLoop).close()
            return .ready
        } catch let error as APIError where error.body.code == ErrorCode.interpreterNotReady.rawValue {
            return .starting
        } catch {
            return .failing
        }
    }

    private func isStarting() -> Bool {
        let now = clock()
        return missingSince.withLock { since in
            let start = since ?? now
            since = start
            return now - start < Self.patience
        }
    }

    /// Why there is none.
    var absent: APIError {
        guard mode != .landlock else {
            return APIError(
                .notImplemented,
                "Code kernels cannot be had in mode landlock.",
                suggestion: "Run the pair in mode namespaces or users."
            )
        }
        return APIError(
            .notImplemented,
            "This image has no code interpreter.",
            suggestion: "Use the image's interpreter variant, or install Jupyter and set the helper's option jupyter."
        )
    }
}
