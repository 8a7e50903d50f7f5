import NIOCore
import Synchronization

/// A connection on its way from the listener to the task that serves it. A listener that is being closed drops what is
/// on the way, and that is closed too.
final class AcceptedConnection: Sendable {
    private let channel: any Channel
    private let connection: Connection
    private let isTaken = Mutex(false)

    init(_ channel: any Channel, _ connection: Connection) {
        self.channel = channel
        self.connection = connection
    }

    deinit {
        if !isTaken.withLock({ $0 }) { channel.close(promise: nil) }
    }

    /// Whoever calls this is responsible for the channel from now on.
    func take() -> (any Channel, Connection) {
        isTaken.withLock { $0 = true }
        return (channel, connection)
    }
}
