import HTTPTypes
import Hummingbird
import SandboxAPI

/// Lets a request through or not: first by who sent it (G7), then, because a page in a browser acts for whoever
/// wrote the page and not for who looks at it, by whether a page sent it, then by the token, if one is required.
struct AccessMiddleware: RouterMiddleware {
    static let header = HTTPField.Name.sandboxToken

    let token: AccessToken?
    /// The pages that may use the API nevertheless.
    var pages = CrossOriginPolicy()
    /// Whether callers of the sandbox's uid are admitted by the token, because it is the uid of everybody in the container.
    var tokenTellsApart = false

    func handle(
        _ request: Request,
        context: SandboxContext,
        next: (Request, SandboxContext) async throws -> Response
    ) async throws -> Response {
        guard !context.isAuthorized else {
            AuditNote.add { $0.token = .socket }
            return try await next(request, context)
        }
        let isToldApart = tokenTellsApart && token.map { $0.isShown(in: request.headers) } ?? false
        if let error = Self.refusal(context.connection.verdict, tokenTellsApart: tokenTellsApart),
            context.connection.verdict != .sandboxed || !isToldApart
        {
            throw Self.noted(error)
        }
        guard !pages.refuses(request.headers, host: request.head.authority) else {
            throw Self.noted(APIError(.permissionDenied, "Pages in a browser cannot use the sandbox's API."))
        }
        // Liveness probes have no place to keep a token, and the answer holds nothing that depends on callers.
        if let token, request.uri.path != "/health" {
            guard token.isShown(in: request.headers) else {
                AuditNote.add { $0.token = .refused }
                throw Self.noted(APIError(.unauthorized, "The header X-Sandbox-Token must hold the access token."))
            }
            AuditNote.add { $0.token = .accepted }
        }
        return try await next(request, context)
    }

    /// The refusal, marked as one in the audit log.
    static func noted(_ error: APIError) -> APIError {
        AuditNote.add { $0.isRefused = true }
        return error
    }

    /// The answer to a caller that may not use the API; nil for one that may.
    static func refusal(_ verdict: PeerPolicy.Verdict, tokenTellsApart: Bool = false) -> APIError? {
        switch verdict {
        case .permitted: nil
        case .sandboxed where tokenTellsApart:
            APIError(
                .permissionDenied,
                "Callers in this container have the uid of the sandbox's code: show the access token in the header "
                    + "X-Sandbox-Token."
            )
        case .sandboxed:
            APIError(.permissionDenied, "Code inside the sandbox cannot use the sandbox's API.")
        case .unidentified:
            APIError(.permissionDenied, "The caller is on this host but cannot be identified.")
        }
    }
}

extension AccessToken {
    /// Whether a request carries it.
    fileprivate func isShown(in headers: HTTPFields) -> Bool {
        headers[AccessMiddleware.header].map { matches($0) } ?? false
    }
}

extension HTTPField.Name {
    static let secFetchSite: HTTPField.Name = {
        guard let name = HTTPField.Name("Sec-Fetch-Site") else { preconditionFailure("the name is valid") }
        return name
    }()

    /// A header of our own: `Authorization` carries session ids in clients of this API.
    static let sandboxToken: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Sandbox-Token") else { preconditionFailure("the name is valid") }
        return name
    }()
}
