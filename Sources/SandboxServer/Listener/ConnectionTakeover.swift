import HTTPTypes
import NIOCore

/// A connection that is about to leave HTTP.
struct ConnectionTakeover: Sendable {
    let channel: any Channel
    let connectionSwitch: NIOLoopBound<ConnectionSwitch>

    /// Sends 101 and puts the handlers where HTTP was. `make` runs on the connection's event loop and says what to
    /// give back beside them; the last handler must not pass anything on that it reads.
    func install<Result: Sendable>(
        headers: HTTPFields,
        _ make: @escaping @Sendable (any EventLoop) throws -> (handlers: [any ChannelHandler], result: Result)
    ) async throws -> Result {
        let connectionSwitch = connectionSwitch
        let eventLoop = channel.eventLoop
        return try await eventLoop.flatSubmit {
            do {
                let (handlers, result) = try make(eventLoop)
                return try connectionSwitch.value.leaveHTTP(headers: headers, for: handlers).map { result }
            } catch {
                return eventLoop.makeFailedFuture(error)
            }
        }.get()
    }
}
