import HelperClient
import Hummingbird
import Logging
import SandboxAPI

/// `/ws` and `/api/ws`: many requests over one WebSocket.
struct MultiplexRoutes: Sendable {
    /// What answers a request; set as soon as there is a router to answer it.
    let respond: OneShot<Multiplexer.Respond>
    let logger: Logger

    func add(to router: Router<SandboxContext>) {
        for path in ["/ws", "/api/ws"] {
            router.get(RouterPath(path)) { request, context in
                guard let offer = context.upgrade, let respond = respond.value else {
                    throw APIError.onlyWebSocket
                }
                let peer = context.connection
                let multiplexer = Multiplexer(respond: respond, logger: logger)
                return try await offer.acceptWebSocket(request) { messages, socket in
                    try await multiplexer.serve(messages, socket, from: peer)
                }
            }
        }
    }
}

extension APIError {
    /// The answer to a plain request where only a WebSocket is spoken.
    static let onlyWebSocket = APIError(.unknownRoute, "This endpoint answers WebSockets only.")
}
