import CMessageShim
import Glibc
import HelperTransport

/// Asks the kernel who is at the other end of a connection.
///
/// Asked once, when the connection is accepted, and good for its whole life: the uid belongs to the socket, not to
/// who holds it, and passing the descriptor on does not change it. Asking later could only tell less, because a
/// socket that its owner has closed has no inode any more.
struct PeerIdentity: Sendable {
    let policy: PeerPolicy

    /// Judges a caller; blocks for some microseconds, for the kernel answers while the request is being sent.
    ///
    /// - Returns: The judgement, and the uid that owns the caller's socket where the kernel knows it.
    func judge(_ addresses: PeerAddresses?) -> (verdict: PeerPolicy.Verdict, uid: UInt32?) {
        guard policy.sandboxUIDs != nil else { return (.permitted, nil) }
        guard let addresses else { return (.unidentified, nil) }
        let answer = Self.lookUp(addresses)
        let verdict = policy.verdict(answer, addresses) { Self.isOwnAddress(addresses.peer.address) }
        guard case .socket(_, let uid, let inode) = answer, inode != 0 else { return (verdict, nil) }
        return (verdict, uid)
    }

    private static func lookUp(_ addresses: PeerAddresses) -> SocketDiagnosis.Answer {
        let netlinkSocketDiagnosis: Int32 = 4
        let rawValue = socket(
            AF_NETLINK,
            Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
            netlinkSocketDiagnosis
        )
        guard rawValue >= 0 else { return .unreadable }
        let descriptor = OwnedDescriptor(adopting: rawValue)
        let request = SocketDiagnosis.request(addresses, sequence: 1)
        guard send(descriptor.rawValue, request, request.count, 0) == request.count else { return .unreadable }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = recv(descriptor.rawValue, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        guard count > 0 else { return .unreadable }
        return SocketDiagnosis.answer(Array(buffer[..<count]), to: addresses, sequence: 1)
    }

    /// Whether one of this host's interfaces has the address; true if that cannot be found out. getifaddrs(3).
    private static func isOwnAddress(_ address: [UInt8]) -> Bool {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&first) == 0 else { return true }
        defer { freeifaddrs(first) }
        var next = first
        while let entry = next {
            defer { next = entry.pointee.ifa_next }
            guard let own = entry.pointee.ifa_addr else { continue }
            // sockaddr(3type) begins with it.
            let family = UnsafeRawPointer(own).loadUnaligned(as: sa_family_t.self)
            let size = Int32(family) == AF_INET6 ? 28 : 16
            let bytes = Array(UnsafeRawBufferPointer(start: own, count: size))
            if PeerAddresses.End(bytes: bytes)?.address == address { return true }
        }
        return false
    }
}
