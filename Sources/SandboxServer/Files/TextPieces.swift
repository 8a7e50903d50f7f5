/// Turns bytes that arrive in pieces into text, piece by piece: a character that is cut off at the end of one piece
/// is kept for the next, and what is no UTF-8 becomes U+FFFD, as if all of it had been decoded at once.
struct TextPieces {
    /// Whether anything that was no UTF-8 has been seen.
    private(set) var hasRepaired = false
    private var rest: [UInt8] = []

    /// The whole characters so far.
    mutating func add(_ bytes: some Collection<UInt8>) -> String {
        var all = rest
        all.append(contentsOf: bytes)
        let kept = Self.unfinished(all)
        rest = Array(all.suffix(kept))
        return decode(all.dropLast(kept))
    }

    /// What is left at the end.
    mutating func finish() -> String {
        defer { rest = [] }
        return decode(rest[...])
    }

    private mutating func decode(_ bytes: ArraySlice<UInt8>) -> String {
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        hasRepaired = true
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How many bytes at the end are the beginning of a character that could still be completed.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for count in 1...3 where count <= bytes.count {
            let byte = bytes[bytes.count - count]
            if byte & 0xC0 == 0x80 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
            guard count < length, byte <= 0xF4 else { return 0 }
            // The second byte's range is narrower after these; outside it, nothing can complete the character.
            if count > 1, !Self.mayFollow(byte, bytes[bytes.count - count + 1]) { return 0 }
            return count
        }
        return 0
    }

    /// Table 3-7 of the Unicode Standard.
    private static func mayFollow(_ first: UInt8, _ second: UInt8) -> Bool {
        switch first {
        case 0xE0: second >= 0xA0
        case 0xED: second <= 0x9F
        case 0xF0: second >= 0x90
        case 0xF4: second <= 0x8F
        default: true
        }
    }
}
