import AsyncHTTPClient
import NIOCore

/// The connections of one client and its copies, closed when the last copy is gone.
final class Connections: Sendable {
    let http: HTTPClient

    init() {
        var configuration = HTTPClient.Configuration()
        // Streams and commands hold a connection each for as long as they last; none must wait for another.
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1024
        // A server that is not there is told at once; what is safe to repeat, ``Transport`` repeats.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(10)
        configuration.httpVersion = .http1Only
        configuration.redirectConfiguration = .disallow
        http = HTTPClient(eventLoopGroup: HTTPClient.defaultEventLoopGroup, configuration: configuration)
    }

    deinit {
        http.shutdown { _ in }
    }
}
