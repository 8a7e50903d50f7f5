import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Passes one request on over a connection of its own, and its answer back, whatever protocol that turns into.
struct Forwarding: Sendable {
    /// Set when the caller is gone.
    let closed: OneShot<Void>
    let upgrade: UpgradeOffer?

    /// - Parameter head: The request's header as the upstream gets it.
    func forward(_ request: Request, _ head: HTTPRequestHead, to upstream: Upstream) async throws -> Response {
        let lease = UpstreamLease(upstream.channel)
        do {
            let hasBody = request.method != .head && ProxyHeaders.hasBody(request.head)
            upstream.begin(head, isWhole: !hasBody)
            if hasBody { lease.pump { await Self.pass(request.body, to: upstream) } }
            let answer = try await whileOpen(upstream) { try await upstream.head.get() }
            return try await respond(answer, request, upstream, lease)
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
        _ upstream: Upstream,
        _ lease: UpstreamLease
    ) async throws -> Response {
        let headers = ProxyHeaders.response(answer)
        let status = HTTPResponse.Status(code: Int(answer.status.code), reasonPhrase: answer.status.reasonPhrase)
        guard answer.status != .switchingProtocols else {
            guard let offer = upgrade else { throw ChannelError.inappropriateOperationForState }
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
                    try await whileOpen(upstream) {
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
        _ upstream: Upstream,
        _ operation: () async throws -> Result
    ) async throws -> Result {
        let closed = closed
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
