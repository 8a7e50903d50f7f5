import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import NIOHTTP1
import SandboxAPI
import ServiceLifecycle

/// `/proxy/{port}/…`: the web servers that run in the sandbox, for every port that has been exposed.
struct ProxyRoutes: Sendable {
    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options]

    let rules: PortRules
    let registry: PortRegistry
    let eventLoopGroup: any EventLoopGroup

    func add(to router: Router<SandboxContext>) {
        for method in Self.methods {
            for path in ["/proxy/{port}", "/proxy/{port}/**"] {
                router.on(RouterPath(path), method: method) { request, context in
                    let port = try rules.port(context.parameters.get("port"))
                    guard registry.isExposed(port) else {
                        return Self.failure("Port not exposed", port, .notExposed(port))
                    }
                    do {
                        return try await forward(request, context, port)
                    } catch let error as APIError {
                        throw error
                    } catch {
                        let message = "Nothing answers on port \(port)."
                        return Self.failure("Proxy error", port, APIError(.serviceNotResponding, message))
                    }
                }
            }
        }
    }

    private static func failure(_ name: String, _ port: Int, _ error: APIError) -> Response {
        AuditNote.add { $0.error = error.body.code }
        return JSONResponse.make(
            ProxyErrorBody(error: name, port: port, body: error.body),
            status: HTTPResponse.Status(code: error.body.httpStatus)
        )
    }

    private func forward(_ request: Request, _ context: SandboxContext, _ port: Int) async throws -> Response {
        guard let path = ProxyHeaders.path(request.head.path ?? "/", port: port) else {
            throw APIError.invalid("path", "is ambiguous")
        }
        let head = try ProxyHeaders.request(
            request.head,
            as: ProxyHeaders.Target(path: path, host: "localhost:\(port)", prefix: "/proxy/\(port)"),
            peer: context.connection.peerAddress,
            asUpgrade: context.upgrade != nil
        )
        // A tunnel needs both of its ends on one event loop.
        let upstream = try await Upstream.connect(port, on: context.upgrade?.channel.eventLoop ?? eventLoopGroup.next())
        return try await Forwarding(closed: context.connection.closed, upgrade: context.upgrade)
            .forward(request, head, to: upstream)
    }
}
