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
        JSONResponse.make(
            ProxyErrorBody(error: name, port: port, body: error.body),
            status: HTTPResponse.Status(code: error.body.httpStatus)
        )
    }

    private func forward(_ request: Request, _ context: SandboxContext, _ port: Int) async throws -> Response {
        let head = try ProxyHeaders.request(
            request.head,
            port: port,
            peer: context.connection.peerAddress,
            asUpgrade: context.upgrade != nil
        )
        // A tunnel needs both of its ends on one event loop.
        let upstream = try await Upstream.connect(port, on: context.upgrade?.channel.eventLoop ?? eventLoopGroup.next())
        let lease = UpstreamLease(upstream.channel)
        do {
            let hasBody = request.method != .head && ProxyHeaders.hasBody(request.head)
            upstream.begin(head, isWhole: !hasBody)
            if hasBody { lease.pump { await Self.pass(request.body, to: upstream) } }
            let answer = try await whileOpen(context, upstream) { try await upstream.head.get() }
            return try await respond(answer, request, context, upstream, lease)
        } catch {
            await lease.finish()
            throw error
        }
    }

    private static func pass(_ body: RequestBody, to upstream: Upstream) async {
        do {
            for try await bytes in body {
                // A program may answer before it has read everything and refuse the rest: the answer counts.
                guard (try? await upstream.send(.body(.byteBuffer(bytes)))) != nil else { return }
            }
            try? await upstream.send(.end(nil))
        } catch {
            // The caller broke off. The program must not take what it has for the whole.
            upstream.close()
        }
    }

    private func respond(
        _ answer: HTTPResponseHead,
        _ request: Request,
        _ context: SandboxContext,
        _ upstream: Upstream,
        _ lease: UpstreamLease
    ) async throws -> Response {
        let headers = ProxyHeaders.response(answer)
        let status = HTTPResponse.Status(code: Int(answer.status.code), reasonPhrase: answer.status.reasonPhrase)
        guard answer.status != .switchingProtocols else {
            guard let offer = context.upgrade else { throw ChannelError.inappropriateOperationForState }
            offer.acceptTunnel(to: upstream, lease)
            return Response(status: status, headers: headers)
        }
        guard request.method != .head, answer.status.mayHaveResponseBody else {
            await lease.finish()
            return Response(status: status, headers: headers)
        }
        return Response(
            status: status,
            headers: headers,
            body: ResponseBody { writer in
                do {
                    try await whileOpen(context, upstream) {
                        for try await bytes in upstream.body { try await writer.write(bytes) }
                    }
                } catch {
                    await lease.finish()
                    throw error
                }
                await lease.finish()
                try await writer.finish(nil)
            }
        )
    }

    /// Closes the upstream connection when the caller is gone or the server stops, which ends the operation.
    private func whileOpen<Result: Sendable>(
        _ context: SandboxContext,
        _ upstream: Upstream,
        _ operation: () async throws -> Result
    ) async throws -> Result {
        let closed = context.connection.closed
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await cancelWhenGracefulShutdown { try await closed.wait() }
                // Also when the operation is over and this is cancelled: then the answer says what becomes of it.
                guard !Task.isCancelled else { return }
                upstream.close()
            }
            defer { group.cancelAll() }
            return try await operation()
        }
    }
}
