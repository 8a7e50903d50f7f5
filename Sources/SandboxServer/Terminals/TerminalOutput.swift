import HelperClient
import HelperProtocol
import NIOCore
import Synchronization

/// The output of one terminal and all who read it.
///
/// Every reader has its own position in the one ring, so none costs memory; ``TerminalReaders`` says whom the program
/// waits for. A reader that is overtaken by the ring has lost its place.
final class TerminalOutput: Sendable {
    enum Step: Sendable {
        case bytes(ByteBuffer)
        /// The terminal is over and everything was read; nil if it is not known how it ended.
        case ended(ExitStatus?)
        /// The reader was too slow.
        case lost
    }

    /// Bytes that a new reader is shown first.
    static let replay = 256 * 1024
    private static let capacity = 1024 * 1024
    /// How far a reader may be behind before the program has to wait.
    private static let window = 512 * 1024

    private struct State {
        var ring = TerminalRing(capacity: TerminalOutput.capacity)
        var readers = TerminalReaders(window: TerminalOutput.window)
        /// Set with the next output or the end; replaced each time.
        var news = OneShot<Void>()
        var end: ExitStatus??
    }

    private enum Look {
        case step(Step, mayGoOn: Bool)
        case wait(OneShot<Void>)
    }

    private let state = Mutex(State())
    /// Lets the source go on.
    private let onRoom: @Sendable () -> Void

    init(onRoom: @escaping @Sendable () -> Void) {
        self.onRoom = onRoom
    }

    /// Adds output; false if the source should wait.
    func append(_ bytes: ByteBuffer) -> Bool {
        let (news, mustWait) = state.withLock { state in
            state.ring.append(bytes)
            defer { state.news = OneShot() }
            return (state.news, state.readers.grew(end: state.ring.end))
        }
        news.set(())
        return !mustWait
    }

    /// The source has waited for a while: those that are far behind are not waited for any more.
    /// - Returns: Whether it must wait on; if not, it has been let go.
    func losePatience() -> Bool {
        let (mayGoOn, isHeld) = state.withLock { state in
            guard state.readers.isHeld else { return (false, false) }
            return (state.readers.losePatience(end: state.ring.end), state.readers.isHeld)
        }
        if mayGoOn { onRoom() }
        return isHeld
    }

    /// Nothing more will come. The first call counts.
    func finish(_ status: ExitStatus?) {
        let news = state.withLock { state in
            if state.end == nil { state.end = .some(status) }
            return state.news
        }
        news.set(())
    }

    /// A new reader, from where its replay begins to where it ends.
    func attach() -> (reader: Int, replayEnd: Int) {
        state.withLock { state in
            (state.readers.add(at: state.ring.position(ofLast: Self.replay)), state.ring.end)
        }
    }

    /// The reader is gone.
    func detach(_ reader: Int) {
        let mayGoOn = state.withLock { $0.readers.remove(reader, end: $0.ring.end) }
        if mayGoOn { onRoom() }
    }

    /// What the reader still has to be shown before `end`, in one piece.
    func replay(_ reader: Int, until end: Int) -> ByteBuffer {
        let (replay, mayGoOn) = state.withLock { state in
            var replay = ByteBuffer()
            var position = state.readers.position(of: reader) ?? end
            while position < end, case .bytes(var piece) = state.ring.piece(at: position) {
                let count = min(piece.readableBytes, end - position)
                piece.moveWriterIndex(to: piece.readerIndex + count)
                replay.writeImmutableBuffer(piece)
                position += count
            }
            return (replay, state.readers.move(reader, to: position, end: state.ring.end))
        }
        if mayGoOn { onRoom() }
        return replay
    }

    /// The next output for the reader; waits until there is some.
    func next(_ reader: Int) async throws(CancellationError) -> Step {
        while true {
            let look = state.withLock { state -> Look in
                guard let position = state.readers.position(of: reader) else { return .step(.lost, mayGoOn: false) }
                switch state.ring.piece(at: position) {
                case .bytes(let bytes):
                    let next = position + bytes.readableBytes
                    let mayGoOn = state.readers.move(reader, to: next, end: state.ring.end)
                    return .step(.bytes(bytes), mayGoOn: mayGoOn)
                case .lost: return .step(.lost, mayGoOn: false)
                case .upToDate: return state.end.map { .step(.ended($0), mayGoOn: false) } ?? .wait(state.news)
                }
            }
            switch look {
            case .step(let step, let mayGoOn):
                if mayGoOn { onRoom() }
                return step
            case .wait(let news): try await news.wait()
            }
        }
    }
}
