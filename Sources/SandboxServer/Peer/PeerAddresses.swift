import NIOCore

/// The two ends of an accepted TCP connection, as bytes. IPv4-mapped IPv6 addresses are IPv4 here, as they are in
/// the kernel's tables.
struct PeerAddresses: Equatable, Sendable {
    /// One end.
    struct End: Equatable, Sendable {
        /// 4 or 16 bytes, in network order.
        var address: [UInt8]
        var port: UInt16

        init(address: [UInt8], port: UInt16) {
            let isMapped =
                address.count == 16 && address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xFF
                && address[11] == 0xFF
            self.address = isMapped ? Array(address[12...]) : address
            self.port = port
        }

        /// 127.0.0.0/8 or ::1.
        var isLoopback: Bool {
            address.count == 4 ? address[0] == 127 : address.dropLast().allSatisfy { $0 == 0 } && address.last == 1
        }
    }

    /// The caller's end.
    var peer: End
    /// Our end.
    var local: End

    /// Whether the caller's address says by itself that it is on this host.
    var isLocal: Bool { peer.isLoopback || peer.address == local.address }
}

extension PeerAddresses.End {
    /// Reads an address of the event loop's; nil for anything but IP.
    init?(_ address: SocketAddress?) {
        switch address {
        case .v4(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0) })
        case .v6(let address): self.init(bytes: withUnsafeBytes(of: address.address) { Array($0) })
        default: return nil
        }
    }

    /// Reads a socket address as the kernel lays it out: struct sockaddr_in, ip(7), or sockaddr_in6, ipv6(7).
    init?(bytes: [UInt8]) {
        guard bytes.count >= 16 else { return nil }
        let port = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
        switch UInt16(bytes[0]) | UInt16(bytes[1]) << 8 {
        case 2: self.init(address: Array(bytes[4..<8]), port: port)  // AF_INET
        case 10 where bytes.count >= 24: self.init(address: Array(bytes[8..<24]), port: port)  // AF_INET6
        default: return nil
        }
    }
}
