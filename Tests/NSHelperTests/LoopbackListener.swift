import Glibc
import HelperTransport

/// A listening TCP socket on 127.0.0.1, and clients for it.
struct LoopbackListener: ~Copyable {
    private let socket: OwnedDescriptor
    let port: UInt16

    init() throws(SystemError) {
        socket = OwnedDescriptor(adopting: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try Self.call(SocketAddress.loopback(0), socket.rawValue, bind)
        try SystemError.check(listen(socket.rawValue, 8) == 0 ? 0 : errno)
        port = SocketAddress.port(of: socket.rawValue)
    }

    var rawValue: Int32 { socket.rawValue }

    func connect() throws(SystemError) -> OwnedDescriptor { try Self.connect(to: port) }

    /// A connection to a port of 127.0.0.1.
    static func connect(to port: UInt16) throws(SystemError) -> OwnedDescriptor {
        let client = OwnedDescriptor(adopting: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
        try call(SocketAddress.loopback(port), client.rawValue, Glibc.connect)
        return client
    }

    private static func call(
        _ address: SocketAddress,
        _ socket: Int32,
        _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws(SystemError) {
        try SystemError.check(address.pass(to: function, socket))
    }
}
