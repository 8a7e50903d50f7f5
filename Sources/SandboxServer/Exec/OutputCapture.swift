import NIOCore
import Synchronization

/// Keeps the beginning of one stream's output in memory: up to a limit of its own, and as long as there is something left
/// of the memory that all commands share. The process is never held up; what goes beyond is dropped.
final class OutputCapture: OutputSink {
    private struct State {
        var bytes = ByteBuffer()
        var isTruncated = false
    }

    private let limit: Int
    private let share: OutputMemory.Share
    private let state = Mutex(State())

    init(limit: Int, memory: OutputMemory) {
        self.limit = limit
        share = memory.share()
    }

    func append(_ bytes: ByteBuffer) -> Bool {
        state.withLock { state in
            // What is kept has no gaps: after the first byte that found no place nothing is taken any more.
            guard !state.isTruncated else { return }
            let wanted = min(bytes.readableBytes, limit - state.bytes.readableBytes)
            let count = share.grow(by: wanted)
            state.isTruncated = count < bytes.readableBytes
            if let slice = bytes.getSlice(at: bytes.readerIndex, length: count) {
                state.bytes.writeImmutableBuffer(slice)
            }
        }
        return true
    }

    func whenRoom(_ body: @escaping @Sendable () -> Void) { body() }

    func makeRoom() {}

    /// Moves out what was kept.
    func take() -> CapturedOutput {
        state.withLock { state in
            defer { state.bytes = ByteBuffer() }
            return CapturedOutput(bytes: state.bytes, isTruncated: state.isTruncated, share: share)
        }
    }
}
