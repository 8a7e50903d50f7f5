import NIOCore
import Synchronization

/// Holds an upstream connection while its answer is on the way. Whoever lets go of the answer, written or not, lets go of
/// the connection.
final class UpstreamLease: Sendable {
    private let channel: any Channel
    private let pump = Mutex<Task<Void, Never>?>(nil)

    init(_ channel: any Channel) {
        self.channel = channel
    }

    deinit {
        channel.close(promise: nil)
        pump.withLock { $0?.cancel() }
    }

    /// Sends the request's body while the answer may already be coming.
    func pump(_ send: @escaping @Sendable () async -> Void) {
        // Outlives the route, which returns with the answer's head; ended and awaited by ``finish()``.
        let task = Task { await send() }
        pump.withLock { $0 = task }
    }

    /// Ends the connection and waits until nothing reads the request any more: the next one comes from the same source.
    func finish() async {
        channel.close(promise: nil)
        let task = pump.withLock { $0 }
        task?.cancel()
        await task?.value
    }
}
