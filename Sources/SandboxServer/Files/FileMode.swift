import AgentProtocol

/// Permission bits as ls(1) shows them.
enum FileMode {
    /// Nine characters; `s`, `S`, `t` and `T` for the set-id and sticky bits.
    static func text(_ mode: UInt16) -> String {
        var letters = Array("rwxrwxrwx").enumerated().map { index, letter -> Character in
            mode & (0o400 >> UInt16(index)) != 0 ? letter : "-"
        }
        for (bit, index, letters2) in [(0o4000, 2, ("s", "S")), (0o2000, 5, ("s", "S")), (0o1000, 8, ("t", "T"))]
            as [(UInt16, Int, (Character, Character))] where mode & bit != 0
        {
            letters[index] = letters[index] == "x" ? letters2.0 : letters2.1
        }
        return String(letters)
    }
}
