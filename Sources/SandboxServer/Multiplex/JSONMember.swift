/// Finds a member of a JSON object without decoding it, so that a value of any shape and size can be passed on as it is.
enum JSONMember {
    /// The bytes of the value of `name` in the outermost object; of several, the last. nil if there is none.
    ///
    /// - Parameter text: JSON that a decoder has accepted; anything else gives nil or some part of it.
    static func value(_ name: String, in text: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        var scanner = Scanner(text: text, index: text.startIndex)
        guard scanner.take(UInt8(ascii: "{")) else { return nil }
        var found: ArraySlice<UInt8>?
        while scanner.peek() == UInt8(ascii: "\"") {
            let key = scanner.value()
            guard scanner.take(UInt8(ascii: ":")) else { return nil }
            let value = scanner.value()
            // A key with an escape in it is never one that is looked for.
            if key.dropFirst().dropLast().elementsEqual(name.utf8) { found = value }
            guard scanner.take(UInt8(ascii: ",")) else { break }
        }
        return found
    }

    private struct Scanner {
        let text: ArraySlice<UInt8>
        var index: Int

        mutating func peek() -> UInt8? {
            while index < text.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(text[index]) { index += 1 }
            return index < text.endIndex ? text[index] : nil
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard peek() == byte else { return false }
            index += 1
            return true
        }

        /// One value of any kind, from where the scanner stands.
        mutating func value() -> ArraySlice<UInt8> {
            _ = peek()
            let start = index
            var depth = 0
            while index < text.endIndex {
                switch text[index] {
                case UInt8(ascii: "\""):
                    skipString()
                    if depth == 0 { return text[start..<index] }
                    continue
                case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
                case UInt8(ascii: "}"), UInt8(ascii: "]"):
                    // The end of the object that the value stands in.
                    if depth == 0 { return text[start..<index] }
                    depth -= 1
                    if depth == 0 {
                        index += 1
                        return text[start..<index]
                    }
                case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                    if depth == 0 { return text[start..<index] }
                default: break
                }
                index += 1
            }
            return text[start..<index]
        }

        private mutating func skipString() {
            index += 1
            while index < text.endIndex, text[index] != UInt8(ascii: "\"") {
                index += text[index] == UInt8(ascii: "\\") ? 2 : 1
            }
            index = min(index + 1, text.endIndex)
        }
    }
}
