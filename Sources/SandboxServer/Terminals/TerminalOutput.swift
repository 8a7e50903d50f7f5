import HelperClient
import HelperProtocol
import NIOCore
import Synchronization

/// The output of one terminal and all who read it.
///
/// Every reader has its own position in the one ring, so none costs memory. The nearest one sets the pace: when even
/// it is far behind, the program waits. One that is overtaken by the ring, while another keeps up, has lost its place.
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
    /// How far the nearest reader may be behind before the program has to wait.
    private static let window = 512 * 1024

    private struct State {
        var ring = TerminalRing(capacity: TerminalOutput.capacity)
        var readers: [Int: Int] = [:]
        var nextReader = 0
        /// Set with the next output or the end; replaced each time.
        var news = OneShot<Void>()
        var end: ExitStatus??
        /// Whether the source was told to wait.
        var isHeld = false

        var isFarBehind: Bool {
            guard let nearest = readers.values.max() else { return false }
            return ring.end - nearest > TerminalOutput.window
        }

        /// Whether the source, having been told to wait, may go on now.
        mutating func letGo() -> Bool {
            guard isHeld, !isFarBehind else { return false }
            isHeld = false
            return true
        }
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
            state.isHeld = state.isFarBehind
            defer { state.news = OneShot() }
            return (state.news, state.isHeld)
        }
        news.set(())
        return !mustWait
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
            state.nextReader += 1
            state.readers[state.nextReader] = state.ring.position(ofLast: Self.replay)
            return (state.nextReader, state.ring.end)
        }
    }

    /// The reader is gone.
    func detach(_ reader: Int) {
        let mayGoOn = state.withLock { state in
            state.readers[reader] = nil
            return state.letGo()
        }
        if mayGoOn { onRoom() }
    }

    /// What the reader still has to be shown before `end`, in one piece.
    func replay(_ reader: Int, until end: Int) -> ByteBuffer {
        let (replay, mayGoOn) = state.withLock { state in
            var replay = ByteBuffer()
            var position = state.readers[reader] ?? end
            while position < end, case .bytes(var piece) = state.ring.piece(at: position) {
                let count = min(piece.readableBytes, end - position)
                piece.moveWriterIndex(to: piece.readerIndex + count)
                replay.writeImmutableBuffer(piece)
                position += count
            }
            state.readers[reader] = position
            return (replay, state.letGo())
        }
        if mayGoOn { onRoom() }
        return replay
    }

    /// The next output for the reader; waits until there is some.
    func next(_ reader: Int) async throws(CancellationError) -> Step {
        while true {
            let look = state.withLock { state -> Look in
                guard let position = state.readers[reader] else { return .step(.lost, mayGoOn: false) }
                switch state.ring.piece(at: position) {
                case .bytes(let bytes):
                    state.readers[reader] = position + bytes.readableBytes
                    return .step(.bytes(bytes), mayGoOn: state.letGo())
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
