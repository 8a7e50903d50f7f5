import HTTPTypes
import HelperClient
import Hummingbird
import SandboxAPI

/// Tells browsers that the pages of permitted origins may read the answers, errors included (Fetch Standard, 3.2).
/// For all other requests it does nothing: ``AccessMiddleware`` refuses pages.
struct CrossOriginMiddleware: RouterMiddleware {
    /// Seconds for which a browser may remember what it was told.
    private static let maximumAge = "600"
    private static let headers =
        "Content-Type, Authorization, X-Sandbox-Token, X-Session-Id, X-Sandbox-Id, X-Trace-Id"

    let policy: CrossOriginPolicy
    /// The paths that exist; see ``ErrorMiddleware``.
    let routes: OneShot<RouteTable>

    func handle(
        _ request: Request,
        context: SandboxContext,
        next: (Request, SandboxContext) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin], policy.permits(origin) else {
            return try await next(request, context)
        }
        var response: Response
        if request.method == .options, let wish = request.headers[.accessControlRequestMethod] {
            // A preflight carries no token, and says nothing but what is said here. The caller's host still counts.
            response = AccessMiddleware.refusal(context.connection.verdict)?.response ?? preflight(request, wish)
        } else {
            response = try await next(request, context)
        }
        response.headers[.accessControlAllowOrigin] = origin
        // The answer depends on who asked: a cache must keep it apart.
        let vary = response.headers[values: .vary].filter { $0.lowercased() != "origin" }
        response.headers[.vary] = (vary + ["Origin"]).joined(separator: ", ")
        return response
    }

    private func preflight(_ request: Request, _ wish: String) -> Response {
        guard let allow = routes.value?.allow(for: request.uri.path) else {
            return APIError(.unknownRoute, "The requested endpoint was not found.").response
        }
        return Response(
            status: .noContent,
            headers: [
                .accessControlAllowMethods: allow,
                .accessControlAllowHeaders: Self.allowed(request.headers[.accessControlRequestHeaders]),
                .accessControlMaxAge: Self.maximumAge,
            ]
        )
    }

    /// What the page wants to send, if it is a plain list of names: the proxied programs have headers of their own.
    private static func allowed(_ wish: String?) -> String {
        guard let wish, wish.utf8.count <= 1024, wish.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F || $0 == 0x20 }) else {
            return headers
        }
        return wish
    }
}
