import HelperClient
import NIOCore
import ServiceLifecycle

/// Tells the helper again and again that the server lives; the helper kills one that has hung.
///
/// It is said only after every event loop has done a piece of work, by a task that runs where all tasks do: what stands
/// still anywhere of these makes it silent.
struct Heartbeat: Service {
    let helper: HelperClient
    let eventLoopGroup: any EventLoopGroup
    let interval: Duration

    /// How often it must be said: thrice in the time that `WATCHDOG_USEC` gives, sd_watchdog_enabled(3). nil if nobody
    /// wants to hear it.
    static func interval(environment: [String: String]) throws(StartupError) -> Duration? {
        guard let text = environment["WATCHDOG_USEC"] else { return nil }
        guard let microseconds = Int64(text), (1...3_600_000_000).contains(microseconds) else {
            throw StartupError("WATCHDOG_USEC must be a number of microseconds up to an hour.")
        }
        return .microseconds(microseconds) / 3
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                while true {
                    for loop in Array(eventLoopGroup.makeIterator()) { try await loop.submit {}.get() }
                    _ = try await helper.hello()
                    try await Task.sleep(for: interval)
                }
            } catch is CancellationError {
                // The server is stopping in order, and the helper has given it a time for that.
            }
        }
    }
}
