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

    /// The request is over.
    func remove(_ id: String) {
        _ = running.withLock { $0.removeValue(forKey: id) }
    }

    /// The caller wants no answer any more: for the route that is as if its connection were gone.
    func cancel(_ id: String) {
        running.withLock { $0[id] }?.closed.set(())
    }
}
