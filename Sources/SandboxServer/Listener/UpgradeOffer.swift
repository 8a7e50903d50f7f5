import HelperClient
import HummingbirdCore
import NIOCore

/// A request's wish to speak another protocol on its connection. It goes through the router like any request, so the
/// same rules decide who may; the route that wants it accepts.
struct UpgradeOffer: Sendable {
    /// The connection that the request came over.
    let channel: any Channel
    /// Set by the route that accepts, which then answers with 101.
    let accepted = OneShot<Upgrade>()

    /// The offer of a request that asks for `Upgrade`; nil for all others.
    init?(_ request: Request, _ channel: any Channel) {
        guard ConnectionSwitch.asksForUpgrade(request.head) else { return nil }
        self.channel = channel
    }
}
