/// Finds where a character that has only half arrived begins. RFC 3629, section 3.
enum UTF8Boundary {
    /// How many of the bytes can be decoded without waiting for more: all but an unfinished sequence at the end.
    static func completeCount(_ bytes: some BidirectionalCollection<UInt8>) -> Int {
        let count = bytes.count
        for (back, byte) in bytes.reversed().prefix(3).enumerated() {
            if byte & 0b1100_0000 == 0b1000_0000 { continue }
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC2 ? 2 : 1
            return length > back + 1 ? count - back - 1 : count
        }
        return count
    }
}
