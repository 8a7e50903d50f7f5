/// One event of `POST /api/read/stream`.
public struct FileStreamEvent: Codable, Sendable, Hashable {
    /// What an event says.
    public enum Kind: String, Codable, Sendable {
        case metadata, chunk, complete, error
    }

    /// What it says; which of the other fields are there depends on it.
    public var type: Kind
    /// `metadata`: the media type.
    public var mimeType: String?
    /// `metadata`: bytes of the file when it was opened.
    public var size: Int?
    /// `metadata`: whether chunks are base64.
    public var isBinary: Bool?
    /// `metadata`: `utf-8` or `base64`.
    public var encoding: String?
    /// `chunk`: a piece of the content. Pieces of base64 can be put together as they are.
    public var data: String?
    /// `complete`: how many bytes were read.
    public var bytesRead: Int?
    /// `error`: one sentence.
    public var error: String?

    private init(_ type: Kind) {
        self.type = type
    }

    /// The first event.
    public static func metadata(mimeType: String, size: Int, isBinary: Bool) -> FileStreamEvent {
        var event = FileStreamEvent(.metadata)
        event.mimeType = mimeType
        event.size = size
        event.isBinary = isBinary
        event.encoding = isBinary ? "base64" : "utf-8"
        return event
    }

    /// A piece of the content.
    public static func chunk(_ data: String) -> FileStreamEvent {
        var event = FileStreamEvent(.chunk)
        event.data = data
        return event
    }

    /// The last event of a whole file.
    public static func complete(bytesRead: Int) -> FileStreamEvent {
        var event = FileStreamEvent(.complete)
        event.bytesRead = bytesRead
        return event
    }

    /// The last event of a file that could not be read.
    public static func error(_ message: String) -> FileStreamEvent {
        var event = FileStreamEvent(.error)
        event.error = message
        return event
    }
}
