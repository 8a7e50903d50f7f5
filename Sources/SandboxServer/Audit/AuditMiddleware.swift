import HTTPTypes
import Hummingbird
import SandboxAPI

/// Writes a line for every action and every refusal. Before the answer goes out, or, where the answer is a stream, when
/// the stream has ended.
struct AuditMiddleware: RouterMiddleware {
    let log: AuditLog

    func handle(
        _ request: Request,
        context: SandboxContext,
        next: (Request, SandboxContext) async throws -> Response
    ) async throws -> Response {
        try await Self.note(
            in: log,
            AuditAction.name(request.method, context.endpointPath),
            AuditPeer(context.connection),
            hasBody: request.method != .head
        ) { try await next(request, context) }
    }

    /// Carries an action out and writes its line.
    ///
    /// - Parameters:
    ///   - action: nil where only a refusal is written.
    ///   - hasBody: Whether the answer's body goes out.
    static func note(
        in log: AuditLog,
        _ action: String?,
        _ peer: AuditPeer,
        hasBody: Bool,
        _ act: () async throws -> Response
    ) async throws -> Response {
        guard action == nil || log.isReady() else {
            throw APIError(
                .containerUnavailable,
                "The audit log cannot be written, and nothing is done that would not be in it.",
                suggestion: "Make room where the audit log lies, or send SIGHUP to ns-helper to have it opened anew."
            )
        }
        let entry = AuditEntry(log, action, peer)
        do {
            var response = try await AuditNote.$current.withValue(entry.note) { try await act() }
            response.headers[.xRequestID] = entry.request
            let status = response.status.code
            if response.body.contentLength == nil, hasBody {
                response.body = followed(response.body, entry, status)
            } else {
                entry.finish(status: status)
            }
            return response
        } catch var error as APIError {
            entry.finish(status: error.body.httpStatus, error: error.body.code)
            error.headers[.xRequestID] = entry.request
            throw error
        } catch {
            entry.finish(status: (error as? any HTTPResponseError)?.status.code ?? 500)
            throw error
        }
    }

    /// The body, and the line behind it.
    private static func followed(_ body: ResponseBody, _ entry: AuditEntry, _ status: Int) -> ResponseBody {
        ResponseBody { writer in
            do {
                try await AuditNote.$current.withValue(entry.note) { [writer] in try await body.write(writer) }
                entry.finish(status: status)
            } catch {
                entry.abandon()
                throw error
            }
        }
    }
}

extension HTTPField.Name {
    /// Finds an answer's line in the audit log.
    static let xRequestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-Id") else { preconditionFailure("the name is valid") }
        return name
    }()
}
