import HTTPTypes
import HummingbirdCore
import NIOCore
import SandboxAPI

/// Takes the body of an answer: the events of a stream go out one by one, anything else is kept for the end.
struct MultiplexedBody: ResponseBodyWriter {
    /// The answer is larger than a frame may be.
    struct TooLarge: Error {}

    /// Bytes of the largest answer, and of the largest event of a stream.
    static let limit = 64 * 1024 * 1024

    private let id: String
    private let socket: WebSocketWriter
    private let kept: Kept
    private var parser: EventParser?

    /// The one place where what was kept is found when the writer is used up.
    final class Kept {
        var bytes = ByteBuffer()
    }

    init(id: String, isStream: Bool, socket: WebSocketWriter, kept: Kept) {
        self.id = id
        self.socket = socket
        self.kept = kept
        parser = isStream ? EventParser(limit: Self.limit) : nil
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        if let events = try parser?.append(buffer.readableBytesView) {
            for event in events {
                try await socket.send(json: MultiplexedEvent(id: id, event: event.name, data: event.data))
            }
        } else {
            guard kept.bytes.readableBytes + buffer.readableBytes <= Self.limit else { throw TooLarge() }
            if kept.bytes.readableBytes == 0 { kept.bytes = buffer } else { kept.bytes.writeImmutableBuffer(buffer) }
        }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
