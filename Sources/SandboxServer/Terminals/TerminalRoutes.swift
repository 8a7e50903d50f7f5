import HelperClient
import HelperProtocol
import Hummingbird
import SandboxAPI

/// `/ws/pty`: a session's terminal over a WebSocket.
struct TerminalRoutes: Sendable {
    /// Typed input comes in small messages, pasted one in larger ones.
    private static let limits = WebSocketLimits(messageBytes: 1024 * 1024)

    let table: TerminalTable
    let hello: HelloReply

    func add(to router: Router<SandboxContext>) {
        router.get("/ws/pty") { request, context in
            guard let offer = context.upgrade else { throw APIError.onlyWebSocket }
            let wish = try TerminalRequest(request.uri)
            return try await offer.acceptWebSocket(request, limits: Self.limits) { messages, socket in
                try await TerminalSocket(terminal: open(wish, socket), socket: socket).serve(messages)
            }
        }
    }

    /// The terminal; why there is none is told in a text before the socket is closed.
    private func open(_ wish: TerminalRequest, _ socket: WebSocketWriter) async throws -> Terminal {
        let message: String
        do {
            return try await table.terminal(wish)
        } catch let error as APIError {
            message = error.body.message
        } catch let error as HelperClientError {
            message = APIError(error, hello: hello).body.message
        } catch {
            message = "The terminal could not be opened."
        }
        try await socket.send(json: TerminalEvent.error(message))
        throw WebSocketClosure(1011, message)
    }
}
