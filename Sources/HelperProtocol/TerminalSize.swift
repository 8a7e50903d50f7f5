/// Size of a terminal in character cells.
public struct TerminalSize: Sendable, Hashable {
    /// Height in rows.
    public var rows: UInt16
    /// Width in columns.
    public var columns: UInt16

    /// Makes a size; the helper accepts ``ProtocolLimits/terminalCells`` for both.
    public init(rows: UInt16, columns: UInt16) {
        self.rows = rows
        self.columns = columns
    }

    var isAcceptable: Bool {
        ProtocolLimits.terminalCells.contains(rows) && ProtocolLimits.terminalCells.contains(columns)
    }
}
