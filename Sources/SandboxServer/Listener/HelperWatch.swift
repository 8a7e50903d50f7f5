import HelperClient
import Logging
import ServiceLifecycle

/// Ends the server as soon as the helper is gone: nothing may run unsupervised.
struct HelperWatch: Service {
    let helper: HelperClient
    let logger: Logger
    /// What ends the process.
    let onLost: @Sendable () -> Void

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                let reason = try await helper.closed
                logger.critical("The helper is gone.", metadata: ["reason": "\(reason)"])
                onLost()
            } catch is CancellationError {
                // The server is stopping in order.
            }
        }
    }
}
