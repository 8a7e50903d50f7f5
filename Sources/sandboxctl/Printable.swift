/// Names and messages as a person may see them. User code chooses them, and a terminal obeys the control characters and
/// escape sequences in them; only what commands write and what files hold goes out as it is.
enum Printable {
    /// In one line, with control characters in the form \x1b. Those of Unicode that change a line's direction are among them.
    static func text(_ text: some StringProtocol) -> String {
        escaped(text) { $0 < 0x100 ? byte(UInt8($0)) : "\\u{" + String($0, radix: 16) + "}" }
    }

    /// JSON in which those that may stand in its strings as they are have become escapes, which mean the same.
    static func json(_ text: String) -> String {
        escaped(text) { value in
            let digits = String(value, radix: 16)
            return value == 0x0A ? "\n" : "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
    }

    private static func escaped(_ text: some StringProtocol, _ escape: (UInt32) -> String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
                result += escape(scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Bytes that are no text: all that are not printable ASCII in the form \xe9.
    static func bytes(_ bytes: [UInt8]) -> String {
        bytes.map { (0x20..<0x7F).contains($0) ? String(UnicodeScalar($0)) : byte($0) }.joined()
    }

    private static func byte(_ value: UInt8) -> String {
        "\\x" + (value < 0x10 ? "0" : "") + String(value, radix: 16)
    }
}
