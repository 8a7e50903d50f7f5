import CNamespaceShim
import Glibc
import HelperTransport

/// The TCP ports of the control plane, bound before anything else starts and never let go (G2).
final class HeldPorts {
    /// One held port.
    final class Held {
        let port: UInt16
        private let listener: OwnedDescriptor

        init(_ wanted: UInt16, option: String) throws(ConfigurationError) {
            var port = wanted
            var descriptor: Int32 = -1
            let code = cns_hold_port(&port, HeldPorts.backlog, &descriptor)
            guard code == 0 else {
                throw ConfigurationError(
                    "\(option): cannot hold TCP port \(wanted): \(SystemError(errno: code)); "
                        + "end whoever listens there, or choose another port"
                )
            }
            self.port = port
            listener = OwnedDescriptor(adopting: descriptor)
            #if WEAKENED
                Weakness.spoil(descriptor, port: port)
            #endif
        }

        var rawValue: Int32 { listener.rawValue }
    }

    static let backlog: Int32 = 1024
    let api: Held
    let jupyter: Held
    private let reserved: [Held]

    init(_ configuration: HelperConfiguration) throws(ConfigurationError) {
        api = try Held(configuration.apiPort, option: "api-port")
        jupyter = try Held(configuration.jupyterPort, option: "jupyter-port")
        var reserved: [Held] = []
        for port in configuration.reservedPorts { reserved.append(try Held(port, option: "reserved-ports")) }
        self.reserved = reserved
    }

    var reservedPorts: [UInt16] { reserved.map(\.port) }

    /// Undoes what a server may have done to the listeners it shared: shutdown(2) would refuse clients, and
    /// without listening the port would still be held.
    func listenAgain() {
        for held in [api, jupyter] {
            let code = cns_listen_again(held.rawValue, Self.backlog)
            // EADDRINUSE: old connections in TIME_WAIT. The port stays held; the next server finds it open again.
            if code != 0 { Log.warning("port \(held.port) is held but not listening: \(SystemError(errno: code))") }
        }
    }
}
