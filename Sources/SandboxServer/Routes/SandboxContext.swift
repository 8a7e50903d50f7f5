import Hummingbird
import Logging

/// What a route knows about its request beside the request itself.
struct SandboxContext: RequestContext {
    struct Source: RequestContextSource {
        var logger: Logger
        var connection: Connection
        var upgrade: UpgradeOffer?
        var isAuthorized = false
    }

    var coreContext: CoreRequestContextStorage
    /// The connection the request came over.
    let connection: Connection
    /// Set if the request asks to leave HTTP and its connection can.
    let upgrade: UpgradeOffer?
    /// Whether the rules of access were applied before: the request came inside of another one.
    let isAuthorized: Bool

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        connection = source.connection
        upgrade = source.upgrade
        isAuthorized = source.isAuthorized
    }
}
