import NIOCore

/// Puts lines together from pieces that end anywhere. Pure.
struct LineBuffer {
    /// A line is one event; the longest holds a picture.
    static let maximumLineBytes = 64 * 1024 * 1024

    private var pending = ByteBuffer()

    /// A line longer than any can be.
    struct TooLong: Error {}

    /// Takes a piece; returns the lines that it completes, without their ends. Looks at each byte once.
    mutating func append(_ piece: ByteBuffer) throws(TooLong) -> [ByteBuffer] {
        var piece = piece
        var lines: [ByteBuffer] = []
        while let end = piece.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
            var rest = piece.readSlice(length: end - piece.readerIndex) ?? ByteBuffer()
            piece.moveReaderIndex(forwardBy: 1)
            pending.writeBuffer(&rest)
            lines.append(pending)
            pending = ByteBuffer()
        }
        pending.writeBuffer(&piece)
        guard pending.readableBytes <= Self.maximumLineBytes else { throw TooLong() }
        return lines
    }
}
