import HelperClient
import Synchronization

/// The requests of one socket that are being answered, by their ids.
final class MultiplexedRequests: Sendable {
    /// At once, on one socket.
    static let limit = 64

    enum Admission: Equatable {
        case admitted
        case duplicate
        case tooMany
    }

    private let running = Mutex<[String: Connection]>([:])

    /// Notes a request, if there is room for it.
    func admit(_ id: String, _ connection: Connection) -> Admission {
        running.withLock { running in
            guard running[id] == nil else { return .duplicate }
            guard running.count < Self.limit else { return .tooMany }
            running[id] = connection
            return .admitted
        }
    }

    /// The request is over, and its id is free. To be called before the last frame of its answer goes out: who has that
    /// may use the id again. Does nothing for an id that another request has by now.
    func remove(_ id: String, _ connection: Connection) {
        running.withLock { running in
            if running[id]?.closed === connection.closed { running[id] = nil }
        }
    }

    /// The caller wants no answer any more: for the route that is as if its connection were gone.
    func cancel(_ id: String) {
        running.withLock { $0[id] }?.closed.set(())
    }
}
