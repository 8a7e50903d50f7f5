import NIOCore

/// The newest output of a terminal, by its position in all the output there ever was. Pure.
struct TerminalRing {
    enum Piece: Equatable {
        case bytes(ByteBuffer)
        /// Nothing is there yet.
        case upToDate
        /// The position has been overwritten.
        case lost
    }

    /// Bytes that are kept at least; up to one chunk more may be.
    let capacity: Int
    private let chunkBytes: Int
    private var chunks: [ByteBuffer] = []
    /// The position of the oldest byte that is kept.
    private(set) var start = 0
    /// The position after the newest byte.
    private(set) var end = 0

    init(capacity: Int, chunkBytes: Int = 16_384) {
        self.capacity = capacity
        self.chunkBytes = chunkBytes
    }

    /// Adds output. Small pieces share chunks: one byte of output must not cost the memory of a whole buffer.
    mutating func append(_ bytes: ByteBuffer) {
        var rest = bytes
        while rest.readableBytes > 0 {
            if chunks.last.map({ $0.readableBytes >= chunkBytes }) ?? true { chunks.append(ByteBuffer()) }
            let index = chunks.count - 1
            let count = min(chunkBytes - chunks[index].readableBytes, rest.readableBytes)
            if let part = rest.readSlice(length: count) { chunks[index].writeImmutableBuffer(part) }
        }
        end += bytes.readableBytes
        var dropped = 0
        while let oldest = chunks.dropFirst(dropped).first, end - start - oldest.readableBytes >= capacity {
            start += oldest.readableBytes
            dropped += 1
        }
        chunks.removeFirst(dropped)
    }

    /// Where a replay of the newest `count` bytes begins.
    func position(ofLast count: Int) -> Int {
        max(start, end - count)
    }

    /// What stands at the position: at most one chunk.
    func piece(at position: Int) -> Piece {
        guard position >= start else { return .lost }
        guard position < end else { return .upToDate }
        var offset = position - start
        for chunk in chunks {
            if offset < chunk.readableBytes {
                let slice = chunk.getSlice(at: chunk.readerIndex + offset, length: chunk.readableBytes - offset)
                return slice.map { .bytes($0) } ?? .lost
            }
            offset -= chunk.readableBytes
        }
        return .upToDate
    }
}
