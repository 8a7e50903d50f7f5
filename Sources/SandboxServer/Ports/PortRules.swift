import HelperProtocol
import SandboxAPI

/// Which ports may be exposed, watched and proxied to: those that user code can have.
struct PortRules: Sendable {
    private let reserved: Set<Int>

    /// The ports that the helper holds are the control plane's, and never the sandbox's.
    init(_ hello: HelloReply) {
        reserved = Set(([hello.apiPort, hello.jupyterPort] + hello.reservedPorts).map(Int.init))
    }

    /// - Throws: INVALID_PORT.
    func check(_ port: Int) throws(APIError) {
        guard (1...65_535).contains(port) else {
            throw APIError(.invalidPort, "A port is a number from 1 to 65535.", context: ["port": .integer(port)])
        }
        AuditNote.add { $0.port = port }
        guard !reserved.contains(port) else {
            throw APIError(.invalidPort, "Port \(port) is reserved.", context: ["port": .integer(port)])
        }
    }

    /// The port in a path.
    /// - Throws: INVALID_PORT.
    func port(_ text: String?) throws(APIError) -> Int {
        guard let text, let port = Int(text), String(port) == text else {
            throw APIError(.invalidPort, "A port is a number from 1 to 65535.")
        }
        try check(port)
        return port
    }
}
