import HelperClient
import NIOCore

/// One accepted connection: who is at its other end, and whether it still is.
struct Connection: Sendable {
    /// The judgement made when it was accepted.
    let verdict: PeerPolicy.Verdict
    /// The caller's address without its port, for programs behind the proxy; nil if it has none.
    var peerAddress: String?
    /// Set when the connection is gone. A caller that closes only its sending side counts as gone.
    let closed = OneShot<Void>()
}
