import HTTPTypes
import HelperClient
import Hummingbird
import Logging
import SandboxAPI

/// Gives every error the API's shape. Nothing that came from inside an unexpected error is shown to the caller.
struct ErrorMiddleware: RouterMiddleware {
    /// The paths that exist. Set once every route has been added, which is after this has been: a route is handled
    /// only by the middleware that came before it.
    let routes: OneShot<RouteTable>

    func handle(
        _ request: Request,
        context: SandboxContext,
        next: (Request, SandboxContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return error.response
        } catch let error as any HTTPResponseError where error.status == .notFound {
            return unknown(request)
        } catch {
            context.logger.error("A request failed.", metadata: ["error": "\(type(of: error))"])
            return APIError(.internalError, "The server failed to answer; its log says more.").response
        }
    }

    private func unknown(_ request: Request) -> Response {
        guard let allow = routes.value?.allow(for: request.uri.path) else {
            return APIError(.unknownRoute, "The requested endpoint was not found.").response
        }
        guard request.method != .options else { return Response(status: .noContent, headers: [.allow: allow]) }
        var error = APIError(.methodNotAllowed, "This endpoint takes \(allow).")
        error.headers[.allow] = allow
        return error.response
    }
}
