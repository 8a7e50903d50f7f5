import HTTPTypes
import HummingbirdCore
import NIOCore
import Synchronization

/// Keeps what a response writes, piece by piece; optionally takes its time.
final class CollectingWriter: ResponseBodyWriter, Sendable {
    private let state = Mutex<(pieces: [String], isFinished: Bool)>(([], false))
    private let pause: Duration

    init(pause: Duration = .zero) {
        self.pause = pause
    }

    var pieces: [String] { state.withLock(\.pieces) }
    var isFinished: Bool { state.withLock(\.isFinished) }

    func write(_ buffer: ByteBuffer) async throws {
        state.withLock { $0.pieces.append(String(buffer: buffer)) }
        if pause > .zero { try await Task.sleep(for: pause) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {
        state.withLock { $0.isFinished = true }
    }
}
