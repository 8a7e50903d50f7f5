import NIOCore

/// Puts lines together from pieces that end anywhere. Pure.
struct LineBuffer {
    /// A line is one event; the longest holds a picture.
    static let maximumLineBytes = 64 * 1024 * 1024

    private var pending = ByteBuffer()

    /// A line longer than any can be.
    struct TooLong: Error {}

    /// Takes a piece; returns the lines that it completes, without their ends.
    mutating func append(_ piece: ByteBuffer) throws(TooLong) -> [ByteBuffer] {
        var piece = piece
        pending.writeBuffer(&piece)
        var lines: [ByteBuffer] = []
        while let end = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            lines.append(pending.readSlice(length: end - pending.readerIndex) ?? ByteBuffer())
            pending.moveReaderIndex(forwardBy: 1)
        }
        guard pending.readableBytes <= Self.maximumLineBytes else { throw TooLong() }
        pending.discardReadBytes()
        return lines
    }
}
