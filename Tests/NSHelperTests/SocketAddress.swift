import Glibc

/// An internet address with a port, in the bytes that the kernel takes.
struct SocketAddress: Sendable {
    var family: Int32
    var bytes: [UInt8]

    /// `a.b.c.d:port`.
    static func four(_ address: [UInt8], _ port: UInt16) -> SocketAddress {
        let family = withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) }
        return SocketAddress(
            family: AF_INET,
            bytes: family + [UInt8(port >> 8), UInt8(port & 0xFF)] + address + [UInt8](repeating: 0, count: 8)
        )
    }

    /// `[address]:port`, the address as sixteen bytes.
    static func six(_ address: [UInt8], _ port: UInt16) -> SocketAddress {
        let family = withUnsafeBytes(of: sa_family_t(AF_INET6)) { Array($0) }
        return SocketAddress(
            family: AF_INET6,
            bytes: family + [UInt8(port >> 8), UInt8(port & 0xFF), 0, 0, 0, 0] + address + [0, 0, 0, 0]
        )
    }

    static func loopback(_ port: UInt16) -> SocketAddress { four([127, 0, 0, 1], port) }

    /// Calls bind(2) or connect(2); 0 or an errno value.
    func pass(to function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32) -> Int32 {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { buffer in
                guard let start = buffer.baseAddress else { return EINVAL }
                return function(socket, start, socklen_t(bytes.count)) == 0 ? 0 : errno
            }
        }
    }

    /// The port that a socket is bound to; 0 if it is not.
    static func port(of socket: Int32) -> UInt16 {
        var storage = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let code = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &length) }
        }
        // The port lies at the same place in both families.
        return code == 0 ? UInt16(bigEndian: storage.sin6_port) : 0
    }
}
