import HelperClient
import NIOCore
import Synchronization

/// The newest output of one process, for any number of readers, each at its own pace.
///
/// Bytes are numbered over both streams, so that a reader goes from what is kept to what comes next without a gap and
/// without a repeat. Memory stays below the capacity: the oldest bytes make room. A process is held up while an attached
/// reader is half the capacity behind; one that does not move for long is let go of and learns that it missed something.
final class ProcessLog: Sendable {
    enum Stream: Sendable, CaseIterable {
        case output, error
    }

    /// What a reader gets.
    enum Event: Sendable {
        /// Text that never ends inside a character.
        case text(Stream, String)
        /// So many bytes were overwritten before they were read.
        case missed(Int)
    }

    private struct Piece {
        var stream: Stream
        var start: Int
        var bytes: ByteBuffer
        var end: Int { start + bytes.readableBytes }
    }

    private struct State {
        var pieces: [Piece] = []
        var first = 0
        var end = 0
        /// The beginning of a character, until the rest arrives.
        var tails: [Stream: ByteBuffer] = [:]
        var isFinished = false
        var readers: [UInt64: Int] = [:]
        var nextReader: UInt64 = 0
        var changed = OneShot<Void>()
        var roomWaiters: [@Sendable () -> Void] = []
    }

    /// Pieces of one stream in a row are put together up to this size.
    private static let pieceBytes = 65_536

    private let capacity: Int
    private let state = Mutex(State())

    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Bytes that are kept.
    var byteCount: Int { state.withLock { $0.end - $0.first } }

    // MARK: - Writing

    /// Adds bytes; false if a reader is so far behind that no more should be read for now.
    func append(_ bytes: ByteBuffer, to stream: Stream) -> Bool {
        let (waiter, isRoom) = state.withLock { state -> (OneShot<Void>, Bool) in
            var whole = state.tails[stream] ?? ByteBuffer()
            whole.writeImmutableBuffer(bytes)
            let complete = UTF8Boundary.completeCount(whole.readableBytesView)
            let text = whole.readSlice(length: complete) ?? ByteBuffer()
            state.tails[stream] = whole.readableBytes > 0 ? ByteBuffer(buffer: whole) : nil
            add(text, to: stream, &state)
            defer { state.changed = OneShot() }
            return (state.changed, hasRoom(state))
        }
        waiter.set(())
        return isRoom
    }

    /// There will be no more.
    func finish() {
        let waiter = state.withLock { state -> OneShot<Void> in
            for stream in Stream.allCases {
                if let tail = state.tails.removeValue(forKey: stream) { add(tail, to: stream, &state) }
            }
            state.isFinished = true
            return state.changed
        }
        waiter.set(())
    }

    /// Calls back once, when the readers have caught up.
    func whenRoom(_ body: @escaping @Sendable () -> Void) {
        let now = state.withLock { state in
            guard !hasRoom(state) else { return true }
            state.roomWaiters.append(body)
            return false
        }
        if now { body() }
    }

    /// Lets go of readers that hold everybody up.
    func dropSlowReaders() {
        let waiters = state.withLock { state in
            for (reader, position) in state.readers where state.end - position >= capacity / 2 {
                state.readers[reader] = .max
            }
            return takeRoomWaiters(&state)
        }
        for waiter in waiters { waiter() }
    }

    private func add(_ bytes: ByteBuffer, to stream: Stream, _ state: inout State) {
        guard bytes.readableBytes > 0 else { return }
        if let last = state.pieces.indices.last, state.pieces[last].stream == stream,
            state.pieces[last].bytes.readableBytes + bytes.readableBytes <= Self.pieceBytes
        {
            state.pieces[last].bytes.writeImmutableBuffer(bytes)
        } else {
            state.pieces.append(Piece(stream: stream, start: state.end, bytes: ByteBuffer(buffer: bytes)))
        }
        state.end += bytes.readableBytes
        let excess = state.pieces.prefix { state.end - $0.end >= capacity }.count
        if excess > 0 {
            state.pieces.removeFirst(excess)
            state.first = state.pieces.first?.start ?? state.end
        }
    }

    private func hasRoom(_ state: State) -> Bool {
        state.readers.values.allSatisfy { $0 == .max || state.end - $0 < capacity / 2 }
    }

    private func takeRoomWaiters(_ state: inout State) -> [@Sendable () -> Void] {
        guard hasRoom(state) else { return [] }
        defer { state.roomWaiters = [] }
        return state.roomWaiters
    }

    // MARK: - Reading

    /// Everything that is kept, and how many bytes of both streams before it are not.
    func kept() -> (output: String, error: String, missed: Int) {
        let (pieces, missed) = state.withLock { ($0.pieces, $0.first) }
        func text(_ stream: Stream) -> String {
            pieces.filter { $0.stream == stream }.map { String(buffer: $0.bytes) }.joined()
        }
        return (text(.output), text(.error), missed)
    }

    /// Calls `body` with everything that is kept and everything that comes, to the end of the output. What is not kept
    /// any more was missed.
    func read(_ body: (Event) async throws -> Void) async throws {
        var (reader, position) = state.withLock { state -> (UInt64, Int) in
            defer { state.nextReader += 1 }
            state.readers[state.nextReader] = state.first
            return (state.nextReader, 0)
        }
        defer { detach(reader) }
        while true {
            let (event, next, wait) = step(reader, position)
            if let event { try await body(event) }
            position = next
            advance(reader, to: position)
            guard let wait else {
                if event == nil { return }
                continue
            }
            try await wait.wait()
        }
    }

    /// What a reader at `position` gets, where it is then, and what to wait for if there is nothing.
    private func step(_ reader: UInt64, _ position: Int) -> (Event?, Int, OneShot<Void>?) {
        state.withLock { state in
            if position < state.first { return (.missed(state.first - position), state.first, nil) }
            // A reader that was let go of and has caught up counts again.
            guard let index = state.pieces.lastIndex(where: { $0.start <= position }),
                state.pieces[index].end > position
            else { return (nil, position, state.isFinished ? nil : state.changed) }
            let piece = state.pieces[index]
            let slice = piece.bytes.getSlice(
                at: piece.bytes.readerIndex + position - piece.start,
                length: piece.end - position
            )
            return (slice.map { .text(piece.stream, String(buffer: $0)) }, piece.end, nil)
        }
    }

    private func advance(_ reader: UInt64, to position: Int) {
        let waiters = state.withLock { state in
            state.readers[reader] = position
            return takeRoomWaiters(&state)
        }
        for waiter in waiters { waiter() }
    }

    private func detach(_ reader: UInt64) {
        let waiters = state.withLock { state in
            state.readers[reader] = nil
            return takeRoomWaiters(&state)
        }
        for waiter in waiters { waiter() }
    }
}
