import HTTPTypes
import HelperClient
import Hummingbird
import NIOCore
import ServiceLifecycle

/// Answers that are streams of server-sent events.
enum EventStream {
    /// Silence after which a comment is sent, so that nothing between here and the reader takes the stream for dead.
    static let heartbeat = Duration.seconds(15)

    /// An answer with status 200 whose events `produce` sends, until it returns.
    ///
    /// `produce` runs while the body is being written, with back-pressure from the reader. Its task is cancelled when
    /// the reader is gone or the server stops; what it throws, other than a cancellation, cuts the connection, so an
    /// error that the reader should know must be sent as an event. A connection lives as long as its stream: no idle
    /// timeout applies to it.
    static func response(
        _ context: SandboxContext,
        heartbeat: Duration = heartbeat,
        _ produce: @escaping @Sendable (EventWriter) async throws -> Void
    ) -> Response {
        let closed = context.connection.closed
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-cache", .connection: "keep-alive"],
            body: ResponseBody { writer in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    let queue = FrameQueue()
                    group.addTask {
                        do {
                            try await cancelWhenGracefulShutdown { try await produce(EventWriter(queue)) }
                            queue.finish()
                        } catch is CancellationError {
                            queue.finish()
                        } catch {
                            queue.finish(throwing: error)
                        }
                    }
                    group.addTask { try await beat(queue, every: heartbeat) }
                    group.addTask {
                        try await closed.wait()
                        queue.finish()
                    }
                    while let frame = try await queue.receive() { try await writer.write(frame) }
                    group.cancelAll()
                }
                try await writer.finish(nil)
            }
        )
    }

    private static func beat(_ queue: FrameQueue, every interval: Duration) async throws {
        while true {
            let silence = ContinuousClock.now - queue.lastSent
            if silence >= interval {
                try await queue.send(EventWriter.heartbeat)
            } else {
                try await Task.sleep(for: interval - silence)
            }
        }
    }
}
