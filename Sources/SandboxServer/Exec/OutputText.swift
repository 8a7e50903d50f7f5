import NIOCore

/// Turns a stream's bytes into the text of an answer.
enum OutputText {
    /// Without NULs and without one trailing newline; invalid UTF-8 becomes U+FFFD.
    static func text(_ buffer: ByteBuffer) -> String {
        var bytes = buffer.readableBytesView[...]
        if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
        guard bytes.contains(0) else { return String(decoding: bytes, as: UTF8.self) }
        return String(decoding: bytes.filter { $0 != 0 }, as: UTF8.self)
    }
}
