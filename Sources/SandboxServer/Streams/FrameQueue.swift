import HelperClient
import NIOCore
import Synchronization

/// Hands frames from any number of senders to one receiver, which gets all that wait at once. A sender waits while there
/// is no room, so a slow reader slows whoever makes the data, and little piles up between them.
final class FrameQueue: Sendable {
    /// Bytes that may wait; a larger frame waits alone.
    static let capacity = 131_072

    private struct State {
        var frames = ByteBuffer()
        var end: Result<Void, any Error>?
        var lastSent = ContinuousClock.now
        /// Set when there is something to receive; replaced each time.
        var filled = OneShot<Void>()
        /// Set when there is room again; replaced each time.
        var emptied = OneShot<Void>()
    }

    private enum SendStep {
        case sent(wake: OneShot<Void>?)
        case wait(OneShot<Void>)
        case over
    }

    private enum ReceiveStep {
        case received(ByteBuffer, wake: OneShot<Void>)
        case ended(Result<Void, any Error>)
        case wait(OneShot<Void>)
    }

    private let state = Mutex(State())

    /// When a frame was last accepted.
    var lastSent: ContinuousClock.Instant { state.withLock(\.lastSent) }

    /// Waits for room and puts the frame there.
    /// - Throws: `CancellationError` if the task is cancelled or the queue has ended.
    func send(_ frame: ByteBuffer) async throws(CancellationError) {
        while true {
            let step = state.withLock { state -> SendStep in
                guard state.end == nil else { return .over }
                state.lastSent = .now
                guard state.frames.readableBytes > 0 else {
                    state.frames = frame
                    defer { state.filled = OneShot() }
                    return .sent(wake: state.filled)
                }
                guard state.frames.readableBytes + frame.readableBytes <= Self.capacity else {
                    return .wait(state.emptied)
                }
                state.frames.writeImmutableBuffer(frame)
                return .sent(wake: nil)
            }
            switch step {
            case .sent(let receiver): return receiver?.set(()) ?? ()
            case .wait(let room): try await room.wait()
            case .over: throw CancellationError()
            }
        }
    }

    /// Ends the queue; frames that are in it are still received. The first end counts.
    func finish(throwing error: (any Error)? = nil) {
        let waiting = state.withLock { state -> [OneShot<Void>] in
            guard state.end == nil else { return [] }
            state.end = error.map { .failure($0) } ?? .success(())
            return [state.filled, state.emptied]
        }
        for waiter in waiting { waiter.set(()) }
    }

    /// All frames that wait, at least one; nil at the end.
    /// - Throws: What the queue was ended with, or `CancellationError`.
    func receive() async throws -> ByteBuffer? {
        while true {
            let step = state.withLock { state -> ReceiveStep in
                if state.frames.readableBytes > 0 {
                    defer {
                        state.frames = ByteBuffer()
                        state.emptied = OneShot()
                    }
                    return .received(state.frames, wake: state.emptied)
                }
                return state.end.map { .ended($0) } ?? .wait(state.filled)
            }
            switch step {
            case .received(let frames, let senders):
                senders.set(())
                return frames
            case .ended(let end):
                try end.get()
                return nil
            case .wait(let filled): try await filled.wait()
            }
        }
    }
}
