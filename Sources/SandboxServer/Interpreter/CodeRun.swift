import NIOCore

/// One run whose events are on the way.
struct CodeRun: Sendable {
    let upstream: Upstream
    /// Offered until the run is over.
    let credentials: CredentialHandover?

    /// Hands out the events, each as the JSON it came as. Always ends with `execution_complete` or `error`, or throws.
    func events(_ send: (ByteBuffer) async throws -> Void) async throws {
        defer { upstream.close() }
        var lines = LineBuffer()
        for try await piece in upstream.body {
            for line in try lines.append(piece) { try await send(line) }
        }
    }
}
