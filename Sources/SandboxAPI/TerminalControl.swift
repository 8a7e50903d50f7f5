/// A text of the client on `/ws/pty`. Kinds that the server does not know are ignored.
public struct TerminalControl: Codable, Sendable {
    /// `resize`.
    public var type: String
    /// The terminal's new width in characters.
    public var cols: Int?
    /// The terminal's new height in lines.
    public var rows: Int?

    /// Makes a text.
    public init(type: String, cols: Int? = nil, rows: Int? = nil) {
        self.type = type
        self.cols = cols
        self.rows = rows
    }
}
