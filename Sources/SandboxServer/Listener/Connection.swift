import HelperClient
import NIOCore

/// One accepted connection: who is at its other end, and whether it still is.
struct Connection: Sendable {
    /// The judgement made when it was accepted.
    let verdict: PeerPolicy.Verdict
    /// The caller's address without its port, for programs behind the proxy; nil if it has none.
    var peerAddress: String?
    /// Owner of the caller's socket; nil for callers on other hosts, and where nobody was asked.
    var peerUID: UInt32?
    /// Whether the caller is on this host.
    var isLocal = false
    /// Set when the connection is gone. A caller that closes only its sending side counts as gone.
    let closed = OneShot<Void>()

    /// A connection of the same caller's inside this one, which ends for itself.
    var nested: Connection {
        Connection(verdict: verdict, peerAddress: peerAddress, peerUID: peerUID, isLocal: isLocal)
    }
}
