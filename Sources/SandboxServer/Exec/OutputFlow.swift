import NIOCore

/// Decides which of one stream's bytes belong to its process, while they are passed on as they come.
///
/// Pure; the channel handler around it moves the bytes. A survivor's bytes, written after the process ended, are not the
/// process's.
struct OutputFlow {
    private enum Phase {
        case reading
        /// The process ended while this many bytes of its output lay unread in the pipe.
        case finishing(remaining: Int)
        case over
    }

    private var phase = Phase.reading

    /// Whether all of the process's output has been read.
    var isOver: Bool {
        if case .over = phase { true } else { false }
    }

    /// Takes bytes that were read; returns those of the process.
    mutating func read(_ buffer: ByteBuffer) -> ByteBuffer? {
        switch phase {
        case .reading: return buffer
        case .over: return nil
        case .finishing(let remaining):
            let count = min(remaining, buffer.readableBytes)
            phase = count < remaining ? .finishing(remaining: remaining - count) : .over
            return buffer.getSlice(at: buffer.readerIndex, length: count)
        }
    }

    /// The process ended, and `unread` bytes lie in the pipe at this moment.
    mutating func processEnded(unread: Int) {
        guard case .reading = phase else { return }
        phase = unread > 0 ? .finishing(remaining: unread) : .over
    }

    /// All writers have closed the pipe.
    mutating func closed() {
        phase = .over
    }
}
