import Glibc
import Synchronization

/// Signals that the program handles itself, as events. signal(7)
enum Interruption {
    enum Event: Sendable {
        case interrupted, windowChanged
    }

    private static let source = Mutex<AsyncStream<Event>.Continuation?>(nil)

    /// The end of a pipe that the handler writes to.
    private static let noticeEnd = Atomic<Int32>(-1)

    /// Makes events of the signals. A handler and a pipe, because threads that sleep for good, as the first one does, take
    /// signals away from sigwait(3).
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        // Without it the signals do what they do by default.
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        noticeEnd.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] { signal(number, handler) }
        var thread = pthread_t()
        _ = pthread_create(&thread, nil, threadMain, UnsafeMutableRawPointer(bitPattern: Int(ends[0])))
    }

    /// signal-safety(7): nothing but write(2).
    private static let handler: @convention(c) (Int32) -> Void = { number in
        let code = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(noticeEnd.load(ordering: .relaxed), &byte, 1)
        errno = code
    }

    private static let threadMain: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { end in
        receive(from: Int32(Int(bitPattern: end)))
        return nil
    }

    /// The life of the thread that passes the signals on.
    private static func receive(from end: Int32) {
        var byte: UInt8 = 0
        while true {
            let count = read(end, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return }
            let continuation = source.withLock { $0 }
            if Int32(byte) == SIGWINCH {
                continuation?.yield(.windowChanged)
            } else if let continuation {
                continuation.yield(.interrupted)
            } else {
                // Nobody has anything to put in order.
                _exit(128 + Int32(byte))
            }
        }
    }

    /// Cancels what runs within ``cancelling(onWindowChange:_:)``; false if nothing does.
    static func interrupt() -> Bool {
        source.withLock { source in
            source?.yield(.interrupted)
            return source != nil
        }
    }

    /// Runs `body`, which is cancelled by SIGINT, SIGTERM and SIGHUP, and by output that cannot be written, which is thrown
    /// then whatever became of it; `onWindowChange` is called for each SIGWINCH.
    static func cancelling<Value: Sendable>(
        onWindowChange: @escaping @Sendable () async -> Void = {},
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let (events, continuation) = AsyncStream<Event>.makeStream(bufferingPolicy: .bufferingNewest(8))
        source.withLock { $0 = continuation }
        defer { source.withLock { $0 = nil } }
        let result: Value
        do {
            result = try await race(events, onWindowChange, body)
        } catch {
            throw OutputFailure.current ?? error
        }
        // The command may have ended before the cancellation reached it.
        if let failure = OutputFailure.current { throw failure }
        return result
    }

    private static func race<Value: Sendable>(
        _ events: AsyncStream<Event>,
        _ onWindowChange: @escaping @Sendable () async -> Void,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
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
