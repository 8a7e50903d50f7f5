import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import NIOHTTP1
import SandboxAPI

/// Jupyter's port: its kernels' API for clients of its own, HTTP and WebSocket, behind the rules of our API.
struct JupyterProxy: Sendable {
    /// nil where none is kept.
    let audit: AuditLog?
    let connector: JupyterConnector
    let token: AccessToken?
    /// See ``AccessMiddleware/tokenTellsApart``.
    let tokenTellsApart: Bool
    let pages: CrossOriginPolicy
    let eventLoopGroup: any EventLoopGroup

    /// Answers one request. The caller's own proof is taken away and the server's put in its place.
    func respond(_ request: Request, _ connection: Connection, _ upgrade: UpgradeOffer?) async -> Response {
        do {
            guard let audit else { return try await pass(request, connection, upgrade) }
            return try await AuditMiddleware.note(
                in: audit,
                AuditAction.jupyter,
                AuditPeer(connection),
                hasBody: request.method != .head
            ) { try await pass(request, connection, upgrade) }
        } catch let error as APIError {
            return error.response
        } catch {
            return APIError(.serviceNotResponding, "The code interpreter broke off.").response
        }
    }

    private func pass(_ request: Request, _ connection: Connection, _ upgrade: UpgradeOffer?) async throws -> Response {
        let isAuthorized = isAuthorized(request.headers)
        if let refusal = AccessMiddleware.refusal(connection.verdict, tokenTellsApart: tokenTellsApart) {
            guard tokenTellsApart, connection.verdict == .sandboxed, token != nil, isAuthorized else {
                throw AccessMiddleware.noted(refusal)
            }
        }
        if token != nil { AuditNote.add { $0.token = isAuthorized ? .accepted : .refused } }
        // A token in a header is more than a page of somebody else's can show.
        guard token != nil && isAuthorized || !isFromPage(request) else {
            throw AccessMiddleware.noted(
                APIError(.permissionDenied, "Pages in a browser cannot use the sandbox's API.")
            )
        }
        guard isAuthorized else {
            throw AccessMiddleware.noted(
                APIError(
                    .unauthorized,
                    "The access token must be in the header X-Sandbox-Token, or in Authorization as Jupyter's clients send it."
                )
            )
        }
        guard let address = connector.address else { throw connector.absent }
        guard JupyterPaths.permits(request.uri.path) else {
            throw APIError(.unknownRoute, "The requested endpoint was not found.")
        }
        var head = try ProxyHeaders.request(
            request.head,
            as: ProxyHeaders.Target(path: request.head.path ?? "/", host: "localhost"),
            peer: connection.peerAddress,
            asUpgrade: upgrade != nil
        )
        for name in ["Authorization", "Cookie"] { head.headers.remove(name: name) }
        head.headers.add(name: "Authorization", value: address.authorization)
        // A tunnel needs both of its ends on one event loop.
        let upstream = try await connector.connect(on: upgrade?.channel.eventLoop ?? eventLoopGroup.next())
        return try await Forwarding(closed: connection.closed, upgrade: upgrade).forward(request, head, to: upstream)
    }

    /// Jupyter's clients that are no browsers send the origin of the address they were given. A page can have such an
    /// origin only if it came from here, and none does; or if its name was made to mean this host, which needs a name.
    private func isFromPage(_ request: Request) -> Bool {
        guard pages.refuses(request.headers, host: request.head.authority) else { return false }
        guard let host = request.head.authority, let origin = request.headers[.origin] else { return true }
        return origin != "http://\(host)" || !JupyterPaths.isAddress(host)
    }

    private func isAuthorized(_ headers: HTTPFields) -> Bool {
        guard let token else { return true }
        if let shown = headers[AccessMiddleware.header] { return token.matches(shown) }
        // Jupyter's clients know no other header: `token …` or `Bearer …`.
        guard let shown = headers[.authorization], let blank = shown.firstIndex(of: " "),
            ["token", "bearer"].contains(shown[..<blank].lowercased())
        else { return false }
        return token.matches(String(shown[shown.index(after: blank)...]))
    }
}
