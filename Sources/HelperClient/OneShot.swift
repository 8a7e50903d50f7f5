import Synchronization

/// A value that is set once and that any number of tasks can wait for, before or after it is set.
package final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case open(waiters: [UInt64: CheckedContinuation<Value?, Never>], nextWaiter: UInt64)
        case set(Value)
    }

    private let state = Mutex(State.open(waiters: [:], nextWaiter: 0))

    /// An unset value.
    package init() {}

    /// The value, if it has been set.
    package var value: Value? {
        state.withLock { state in
            if case .set(let value) = state { value } else { nil }
        }
    }

    /// Sets the value and wakes everyone who waits; later calls do nothing.
    package func set(_ value: Value) {
        let waiters: [CheckedContinuation<Value?, Never>] = state.withLock { state in
            guard case .open(let waiters, _) = state else { return [] }
            state = .set(value)
            return Array(waiters.values)
        }
        // Outside the lock: a resumed task may run at once and come back to this value.
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// Waits until the value is set.
    package func wait() async throws(CancellationError) -> Value {
        let number = state.withLock { state -> UInt64 in
            guard case .open(let waiters, let next) = state else { return 0 }
            state = .open(waiters: waiters, nextWaiter: next + 1)
            return next
        }
        let value = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                enqueue(continuation, number)
            }
        } onCancel: {
            cancel(number)
        }
        guard let value else { throw CancellationError() }
        return value
    }

    private func enqueue(_ continuation: CheckedContinuation<Value?, Never>, _ number: UInt64) {
        let (isDecided, value): (Bool, Value?) = state.withLock { state in
            switch state {
            case .set(let value): return (true, value)
            case .open(var waiters, let next):
                // The handler of a task that is already cancelled ran before this line and found nobody to wake.
                if Task.isCancelled { return (true, nil) }
                waiters[number] = continuation
                state = .open(waiters: waiters, nextWaiter: next)
                return (false, nil)
            }
        }
        if isDecided { continuation.resume(returning: value) }
    }

    private func cancel(_ number: UInt64) {
        let waiter: CheckedContinuation<Value?, Never>? = state.withLock { state in
            guard case .open(var waiters, let next) = state else { return nil }
            let waiter = waiters.removeValue(forKey: number)
            state = .open(waiters: waiters, nextWaiter: next)
            return waiter
        }
        waiter?.resume(returning: nil)
    }
}
