import NIOCore

/// How long a caller may keep a connection waiting.
struct RequestDeadlines: Sendable {
    /// From the connection to the end of the first request's header.
    var firstHead: TimeAmount
    /// From one answer's end to the end of the next request's header.
    var nextHead: TimeAmount
    /// Between two pieces of a body.
    var body: TimeAmount

    init(_ configuration: ServerConfiguration) {
        firstHead = .milliseconds(Int64(configuration.headerTimeoutMilliseconds))
        nextHead = .milliseconds(Int64(configuration.idleTimeoutMilliseconds))
        body = .milliseconds(Int64(configuration.bodyTimeoutMilliseconds))
    }

    /// The same for a caller that is refused whatever it asks: it may ask at once, or go.
    var refused: RequestDeadlines {
        var shorter = self
        shorter.firstHead = min(firstHead, .seconds(2))
        (shorter.nextHead, shorter.body) = (shorter.firstHead, shorter.firstHead)
        return shorter
    }
}
