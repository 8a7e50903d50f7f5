import NIOCore

/// What one stream of a foreground command gave.
struct CapturedOutput: Sendable {
    /// The kept bytes, at most the limit.
    var bytes: ByteBuffer
    /// Whether more came than was kept.
    var isTruncated: Bool
    /// The memory that the bytes count against; given back when the last copy is gone.
    var share: OutputMemory.Share
}
