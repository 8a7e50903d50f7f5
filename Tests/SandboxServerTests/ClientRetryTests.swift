import Hummingbird
import NIOCore
import SandboxAPI
import SandboxClient
import Synchronization
import Testing

@testable import SandboxServer

/// What the Swift client sends again, and what it never does.
@Suite(.timeLimit(.minutes(2)))
struct ClientRetryTests {
    /// Answers the first calls with `refusal`, later ones with `answer`, and returns how many calls there were.
    private func calls(
        refusals: Int,
        _ refusal: @escaping @Sendable () -> Response,
        _ answer: @escaping @Sendable () -> Response = { JSONResponse.make(CleanupAnswer(cleanedCount: 0)) },
        _ body: (SandboxClient) async throws -> Void
    ) async throws -> Int {
        let count = Mutex(0)
        try await ServerFixture.withListener { request, _, _ in
            _ = try? await request.body.collect(upTo: 1 << 20)
            let number = count.withLock { count in
                count += 1
                return count
            }
            return number <= refusals ? refusal() : answer()
        } _: { port async throws in
            try await body(try SandboxClient(baseURL: "http://127.0.0.1:\(port)"))
        }
        return count.withLock { $0 }
    }

    private static let busy: @Sendable () -> Response = {
        APIError(.containerUnavailable, "The sandbox is restarting.").response
    }

    @Test func `a call that the server has not begun is sent again`() async throws {
        let count = try await calls(refusals: 2, Self.busy) { client async throws in
            #expect(try await client.killAllProcesses() == 0)
        }
        #expect(count == 3)
    }

    @Test func `four times at most, and then the server's own error is told`() async throws {
        let count = try await calls(refusals: 100, Self.busy) { client async throws in
            await #expect { try await client.exec("true") } throws: {
                ($0 as? SandboxClientError)?.code == .containerUnavailable
            }
        }
        #expect(count == 4)
    }

    @Test func `any other error is told at once, for the command may have run`() async throws {
        for refusal in [
            { @Sendable in APIError(.commandExecutionError, "It failed.").response },
            { @Sendable in
                var response = Self.busy()
                response.headers[.retryAfter] = nil
                return response
            },
        ] {
            let count = try await calls(refusals: 1, refusal) { client async throws in
                await #expect(throws: SandboxClientError.self) { try await client.exec("touch once") }
            }
            #expect(count == 1)
        }
    }

    @Test func `a body that is read as it is sent is sent once`() async throws {
        let count = try await calls(refusals: 1, Self.busy) { client async throws in
            let pieces = AsyncStream<[UInt8]> { continuation in
                continuation.yield([1, 2, 3])
                continuation.finish()
            }
            await #expect(throws: SandboxClientError.self) { try await client.upload(pieces, to: "file") }
        }
        #expect(count == 1)
    }
}
