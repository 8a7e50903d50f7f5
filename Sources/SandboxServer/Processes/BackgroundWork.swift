import ServiceLifecycle

/// Runs what outlives the request that began it: the supervision of processes. One task group owns all of it.
struct BackgroundWork: Service {
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    init() {
        (jobs, continuation) = AsyncStream.makeStream()
    }

    /// Adds a job; it is cancelled when the server stops.
    func submit(_ job: @escaping @Sendable () async -> Void) {
        continuation.yield(job)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await job in jobs { group.addTask { await job() } }
                group.cancelAll()
            }
        }
    }
}
