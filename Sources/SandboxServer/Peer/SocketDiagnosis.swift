/// Packing and reading of the kernel's records about one TCP socket: NETLINK_SOCK_DIAG, sock_diag(7).
enum SocketDiagnosis {
    /// What the kernel knows about the caller's socket.
    enum Answer: Equatable {
        /// There is such a socket. An inode of 0 means that no process holds it any more; its uid is meaningless then.
        case socket(state: UInt8, uid: UInt32, inode: UInt32)
        /// There is none in this network namespace.
        case notFound
        /// The record is none we understand.
        case unreadable
    }

    /// States in which a socket that has an owner can be the other end of an accepted connection: ESTABLISHED,
    /// FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING (enum of linux/tcp_states.h). A search that finds no
    /// connection may answer with a listening socket; that one says nothing about the caller.
    static let connectedStates: Set<UInt8> = [1, 4, 5, 8, 9, 11]

    private static let byFamily: UInt16 = 20  // SOCK_DIAG_BY_FAMILY
    private static let errorType: UInt16 = 2  // NLMSG_ERROR
    private static let noEntry: Int32 = -2  // -ENOENT
    private static let headerSize = 16
    private static let messageSize = 72

    /// A request for exactly one socket: the one whose own end is the caller's. Not a dump, so its cost does not
    /// depend on how many sockets user code has opened.
    static func request(_ addresses: PeerAddresses, sequence: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        put(&bytes, UInt32(headerSize + 56))
        put(&bytes, byFamily)
        put(&bytes, UInt16(1))  // NLM_F_REQUEST
        put(&bytes, sequence)
        put(&bytes, UInt32(0))
        // struct inet_diag_req_v2
        bytes += [addresses.peer.address.count == 4 ? 2 : 10, 6, 0, 0]  // AF_INET or AF_INET6, IPPROTO_TCP
        put(&bytes, UInt32.max)
        bytes += identity(addresses)
        put(&bytes, UInt32(0))  // any interface
        put(&bytes, UInt64.max)  // INET_DIAG_NOCOOKIE
        return bytes
    }

    /// Reads the kernel's reply to the request of this sequence number.
    static func answer(_ bytes: [UInt8], to addresses: PeerAddresses, sequence: UInt32) -> Answer {
        guard bytes.count >= headerSize, number(bytes, 8) == sequence, number(bytes, 0) <= bytes.count else {
            return .unreadable
        }
        switch UInt16(bytes[4]) | UInt16(bytes[5]) << 8 {
        case errorType:
            guard bytes.count >= headerSize + 4 else { return .unreadable }
            return Int32(bitPattern: number(bytes, headerSize)) == noEntry ? .notFound : .unreadable
        case byFamily:
            // struct inet_diag_msg: family, state, timer, retrans, the identity, five numbers.
            guard bytes.count >= headerSize + messageSize else { return .unreadable }
            let state = bytes[headerSize + 1]
            let isSame = ports(bytes, headerSize + 4) == ports(identity(addresses), 0)
            guard isSame || !connectedStates.contains(state) else { return .unreadable }
            return .socket(
                state: state,
                uid: number(bytes, headerSize + 64),
                inode: number(bytes, headerSize + 68)
            )
        default: return .unreadable
        }
    }

    /// Ports and addresses as struct inet_diag_sockid begins: all in network order, addresses padded to 16 bytes.
    private static func identity(_ addresses: PeerAddresses) -> [UInt8] {
        var bytes: [UInt8] = []
        for end in [addresses.peer, addresses.local] {
            bytes += [UInt8(end.port >> 8), UInt8(truncatingIfNeeded: end.port)]
        }
        for end in [addresses.peer, addresses.local] {
            bytes += end.address + [UInt8](repeating: 0, count: 16 - end.address.count)
        }
        return bytes
    }

    private static func ports(_ bytes: [UInt8], _ offset: Int) -> ArraySlice<UInt8> { bytes[offset..<(offset + 4)] }

    private static func put<Number: FixedWidthInteger>(_ bytes: inout [UInt8], _ number: Number) {
        withUnsafeBytes(of: number) { bytes += $0 }  // netlink speaks the host's byte order
    }

    private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
    }
}
