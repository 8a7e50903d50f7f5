import SandboxAPI
import Synchronization

/// The ports that the proxy leads to.
final class PortRegistry: Sendable {
    struct Entry: Sendable, Equatable {
        var port: Int
        var name: String?
        var exposedAt: String
    }

    /// At once.
    static let limit = 256

    private let ports = Mutex<[Int: Entry]>([:])

    /// By number.
    var entries: [Entry] {
        ports.withLock { $0.values.sorted { $0.port < $1.port } }
    }

    func isExposed(_ port: Int) -> Bool {
        ports.withLock { $0[port] != nil }
    }

    /// - Throws: PORT_ALREADY_EXPOSED, or VALIDATION_FAILED if there are too many.
    func expose(_ port: Int, name: String?) throws(APIError) -> Entry {
        let entry = Entry(port: port, name: name, exposedAt: Timestamp.now())
        return try ports.withLock { ports throws(APIError) in
            guard ports[port] == nil else {
                throw APIError(
                    .portAlreadyExposed,
                    "Port \(port) is exposed already.",
                    context: ["port": .integer(port)]
                )
            }
            guard ports.count < Self.limit else {
                throw .invalid("port", "cannot be exposed: \(Self.limit) ports are exposed already")
            }
            ports[port] = entry
            return entry
        }
    }

    /// - Throws: PORT_NOT_EXPOSED.
    func unexpose(_ port: Int) throws(APIError) {
        guard ports.withLock({ $0.removeValue(forKey: port) }) != nil else { throw .notExposed(port) }
    }
}

extension APIError {
    static func notExposed(_ port: Int) -> APIError {
        APIError(.portNotExposed, "Port \(port) is not exposed.", context: ["port": .integer(port)])
    }
}
