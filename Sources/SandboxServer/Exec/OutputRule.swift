import NIOCore

/// Decides what becomes of one output stream's bytes, and when the stream counts as read.
///
/// Pure; the channel handler around it moves the bytes. Memory stays below the limit however much is written.
struct OutputRule {
    /// What one stream gave.
    struct Output: Sendable {
        /// The kept bytes, at most the limit.
        var bytes: ByteBuffer
        /// Whether more came than was kept.
        var isTruncated: Bool
    }

    private enum Phase {
        /// The process runs.
        case reading
        /// The process ended while this many bytes of its output lay unread in the pipe.
        case finishing(remaining: Int)
        /// The output has been handed out; whatever still comes is a survivor's and is discarded.
        case draining
    }

    private let limit: Int
    private var phase = Phase.reading
    private var bytes = ByteBuffer()
    private var isTruncated = false

    init(limit: Int) {
        self.limit = limit
    }

    /// Whether the output has been handed out.
    var isDraining: Bool {
        if case .draining = phase { true } else { false }
    }

    /// Takes bytes that were read; returns the output if it is complete with them.
    mutating func read(_ buffer: ByteBuffer) -> Output? {
        switch phase {
        case .draining: return nil
        case .reading:
            keep(buffer)
            return nil
        case .finishing(let remaining):
            // One read may hold both the last bytes of the command and the first of a survivor.
            keep(buffer.getSlice(at: buffer.readerIndex, length: min(remaining, buffer.readableBytes)) ?? buffer)
            guard buffer.readableBytes < remaining else { return complete() }
            phase = .finishing(remaining: remaining - buffer.readableBytes)
            return nil
        }
    }

    /// The process ended and `unread` bytes lie in the pipe at this moment; returns the output if there are none.
    mutating func processEnded(unread: Int) -> Output? {
        guard case .reading = phase else { return nil }
        guard unread > 0 else { return complete() }
        phase = .finishing(remaining: unread)
        return nil
    }

    /// All writers have closed the pipe; returns the output unless it has been handed out.
    mutating func closed() -> Output? {
        isDraining ? nil : complete()
    }

    private mutating func keep(_ buffer: ByteBuffer) {
        let room = limit - bytes.readableBytes
        if buffer.readableBytes > room { isTruncated = true }
        guard room > 0, let slice = buffer.getSlice(at: buffer.readerIndex, length: min(room, buffer.readableBytes))
        else { return }
        bytes.writeImmutableBuffer(slice)
    }

    private mutating func complete() -> Output {
        phase = .draining
        defer { bytes = ByteBuffer() }
        return Output(bytes: bytes, isTruncated: isTruncated)
    }
}
