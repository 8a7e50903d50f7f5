import Glibc

/// Runs blocking work on a thread of its own, so that no task's thread is held up by it.
public enum DetachedThread {
    private final class Box: Sendable {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts `body` at once.
    ///
    /// - Throws: ``TestFailure`` if the system has no thread left.
    public static func start(_ body: @escaping @Sendable () -> Void) throws {
        let argument = Unmanaged.passRetained(Box(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            },
            argument.toOpaque()
        )
        guard code == 0 else {
            argument.release()
            throw TestFailure("no thread: errno \(code)")
        }
        pthread_detach(thread)
    }

    /// Runs blocking work and waits for its result without blocking the task's thread.
    public static func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result = Observed<Result<Value, any Error>?>(nil)
        try start {
            let outcome = Result { try body() }
            result.update { $0 = outcome }
        }
        guard let outcome = try await result.wait(until: { $0 != nil }) else { throw TestFailure("no result") }
        return try outcome.get()
    }
}
