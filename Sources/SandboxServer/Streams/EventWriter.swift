import FoundationEssentials
import NIOCore

/// Takes the events of one stream, from any task. What is written at once is one whole frame or several, because readers
/// decode every piece of the body on its own: neither a frame nor a character may be divided.
struct EventWriter: Sendable {
    /// A comment; every reader of server-sent events skips it.
    static let heartbeat = ByteBuffer(string: ": ping\n\n")

    private let queue: FrameQueue

    init(_ queue: FrameQueue) {
        self.queue = queue
    }

    /// Sends one event as `data: <json>`, and waits while the reader is behind.
    /// - Throws: `CancellationError` when nobody reads any more, and what the encoder throws.
    func send(_ event: some Encodable) async throws {
        try await queue.send(Self.encoded(event))
    }

    /// Sends one event of those that streams consist of.
    /// - Throws: `CancellationError` when nobody reads any more.
    func send(_ event: some FrameEvent) async throws(CancellationError) {
        try await queue.send(Self.frame(event))
    }

    /// Sends one event that is JSON already, without line ends in it.
    /// - Throws: `CancellationError` when nobody reads any more.
    func send(json: ByteBuffer) async throws(CancellationError) {
        var json = json
        var frame = ByteBuffer()
        frame.reserveCapacity(json.readableBytes + 8)
        frame.writeString("data: ")
        frame.writeBuffer(&json)
        frame.writeString("\n\n")
        try await queue.send(frame)
    }

    static func frame(_ event: some FrameEvent) -> ByteBuffer {
        var writer = FrameWriter(capacity: 256)
        event.write(to: &writer)
        return writer.finish()
    }

    static func encoded(_ event: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSON escapes line ends, so one line holds all of it.
        let json = try encoder.encode(event)
        var frame = ByteBuffer()
        frame.reserveCapacity(json.count + 8)
        frame.writeString("data: ")
        frame.writeBytes(json)
        frame.writeString("\n\n")
        return frame
    }
}
