import Hummingbird
import Logging

/// What a route knows about its request beside the request itself.
struct SandboxContext: RequestContext {
    struct Source: RequestContextSource {
        var logger: Logger
        var connection: Connection
    }

    var coreContext: CoreRequestContextStorage
    /// The connection the request came over.
    let connection: Connection

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        connection = source.connection
    }
}
