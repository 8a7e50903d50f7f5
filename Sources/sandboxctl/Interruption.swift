import Glibc
import Synchronization

/// Signals that the program handles itself, as events. signal(7)
enum Interruption {
    enum Event: Sendable {
        case interrupted, windowChanged
    }

    private static let source = Mutex<AsyncStream<Event>.Continuation?>(nil)

    private static func signals() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] { sigaddset(&set, number) }
        return set
    }

    /// Blocks the signals in this thread and all that it starts: must come before anything starts one.
    static func prepare() {
        var set = signals()
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        var thread = pthread_t()
        // Without it the signals stay blocked, and nothing is lost but Ctrl-C.
        _ = pthread_create(&thread, nil, Self.threadMain, nil)
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { _ in
        receive()
        return nil
    }

    /// The life of the thread that takes the signals.
    private static func receive() {
        var set = signals()
        var number: Int32 = 0
        while sigwait(&set, &number) == 0 {
            let continuation = source.withLock { $0 }
            if number == SIGWINCH {
                continuation?.yield(.windowChanged)
            } else if let continuation {
                continuation.yield(.interrupted)
            } else {
                // Nobody has anything to put in order.
                _exit(128 + number)
            }
        }
    }

    /// Runs `body`, which is cancelled by SIGINT, SIGTERM and SIGHUP; `onWindowChange` is called for each SIGWINCH.
    static func cancelling<Value: Sendable>(
        onWindowChange: @escaping @Sendable () async -> Void = {},
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (events, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(8))
        source.withLock { $0 = continuation }
        defer { source.withLock { $0 = nil } }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                for await event in events {
                    if event == .interrupted { return nil }
                    await onWindowChange()
                }
                return nil
            }
            defer { group.cancelAll() }
            while let result = try await group.next() {
                if let result { return result }
                // Interrupted: what runs is cancelled, and says what became of it.
                group.cancelAll()
            }
            throw CancellationError()
        }
    }
}
