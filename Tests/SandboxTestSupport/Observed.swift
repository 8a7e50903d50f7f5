import Synchronization

/// A value that changes on some thread, and tasks that wait until it meets a condition. Waiting is cancellable.
public final class Observed<Value: Sendable>: Sendable {
    private struct Waiter {
        var isMet: @Sendable (Value) -> Bool
        var continuation: CheckedContinuation<Value, any Error>
    }

    private struct State {
        var value: Value
        var waiters: [Int: Waiter] = [:]
        var cancelled: Set<Int> = []
        var lastID = 0
    }

    private let state: Mutex<State>

    /// Starts with a value.
    public init(_ value: Value) {
        state = Mutex(State(value: value))
    }

    /// The value now.
    public var value: Value { state.withLock { $0.value } }

    /// Changes the value, wakes whoever waited for that, and returns what `change` does.
    @discardableResult
    public func update<Answer: Sendable>(_ change: @Sendable (inout Value) -> Answer) -> Answer {
        let (answer, value, ready) = state.withLock { state in
            let answer = change(&state.value)
            let ready = state.waiters.filter { $0.value.isMet(state.value) }
            for id in ready.keys { state.waiters[id] = nil }
            return (answer, state.value, ready.values.map(\.continuation))
        }
        for continuation in ready { continuation.resume(returning: value) }
        return answer
    }

    /// Waits until the value meets the condition, and returns it.
    ///
    /// - Throws: `CancellationError` if the waiting task is cancelled, by a test's time limit for instance.
    @discardableResult
    public func wait(until isMet: @escaping @Sendable (Value) -> Bool) async throws -> Value {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Value, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return .failure(CancellationError()) }
                    if isMet(state.value) { return .success(state.value) }
                    state.waiters[id] = Waiter(isMet: isMet, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                // Cancelled before it waits: remembered, so that it does not start to.
                if state.waiters[id] == nil { state.cancelled.insert(id) }
                return state.waiters.removeValue(forKey: id)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }
}
