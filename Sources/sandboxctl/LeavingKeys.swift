/// Recognises Ctrl-] followed by q, by which the caller leaves a terminal. Both reach the program too; the first means
/// nothing to nearly all.
struct LeavingKeys {
    private var isArmed = false

    /// Whether the caller leaves with these bytes.
    mutating func add(_ bytes: [UInt8]) -> Bool {
        for byte in bytes {
            if isArmed, byte == UInt8(ascii: "q") { return true }
            isArmed = byte == 0x1D
        }
        return false
    }
}
