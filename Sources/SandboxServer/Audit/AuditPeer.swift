/// Who asked, as far as the kernel and the connection tell.
struct AuditPeer: Sendable, Equatable {
    enum Kind: String, Sendable, CaseIterable {
        /// A process of this host, outside the sandbox.
        case local
        /// Code inside the sandbox.
        case inside
        /// Somebody on this host who cannot be told apart from code inside.
        case unidentified
        /// Another host.
        case remote
        /// The server itself.
        case server
    }

    var kind: Kind
    /// Owner of the caller's socket; nil for other hosts.
    var uid: UInt32?
    /// The caller's address without its port.
    var address: String?

    static let server = AuditPeer(kind: .server)

    init(kind: Kind, uid: UInt32? = nil, address: String? = nil) {
        self.kind = kind
        self.uid = uid
        self.address = address
    }

    /// The caller at the other end of a connection.
    init(_ connection: Connection) {
        let kind: Kind =
            switch connection.verdict {
            case .sandboxed: .inside
            case .unidentified: .unidentified
            case .permitted: connection.isLocal ? .local : .remote
            }
        // The listener is dual-stack: to it, IPv4 is a part of IPv6.
        let mapped = "::ffff:"
        let address = connection.peerAddress.map { $0.hasPrefix(mapped) ? String($0.dropFirst(mapped.count)) : $0 }
        self.init(kind: kind, uid: connection.peerUID, address: address)
    }
}
