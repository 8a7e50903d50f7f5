/// The content of a JSON string (RFC 8259, section 7): the bytes between its quotes.
enum JSONText {
    /// The UTF-8 bytes that the text stands for, in a buffer that never moved while it was filled.
    ///
    /// - Throws: For control characters, unknown escapes, halves of surrogate pairs and invalid UTF-8.
    static func decoded(_ text: UnsafeBufferPointer<UInt8>) throws(SecretScanner.Malformed) -> [UInt8] {
        var bytes: [UInt8] = []
        // No escape is shorter than what it stands for.
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            let byte = text[index]
            index += 1
            guard byte != UInt8(ascii: "\\") else {
                try appendEscape(text, &index, to: &bytes)
                continue
            }
            guard byte >= 0x20 else { throw SecretScanner.Malformed() }
            bytes.append(byte)
        }
        guard (try? UTF8Span(validating: bytes.span)) != nil else { throw SecretScanner.Malformed() }
        return bytes
    }

    /// What follows a backslash.
    private static func appendEscape(
        _ text: UnsafeBufferPointer<UInt8>,
        _ index: inout Int,
        to bytes: inout [UInt8]
    ) throws(SecretScanner.Malformed) {
        guard index < text.count else { throw SecretScanner.Malformed() }
        let letter = text[index]
        index += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes += try scalar(text, &index).utf8
        default: throw SecretScanner.Malformed()
        }
    }

    /// One scalar, from the first digit of its `\u` escape on; a second escape makes up a pair.
    private static func scalar(
        _ text: UnsafeBufferPointer<UInt8>,
        _ index: inout Int
    ) throws(SecretScanner.Malformed) -> Unicode.Scalar {
        let first = try unit(text, &index)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), index + 1 < text.count, text[index] == UInt8(ascii: "\\"),
            text[index + 1] == UInt8(ascii: "u")
        else { throw SecretScanner.Malformed() }
        index += 2
        let second = try unit(text, &index)
        guard UTF16.isTrailSurrogate(second) else { throw SecretScanner.Malformed() }
        let value = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(value) else { throw SecretScanner.Malformed() }
        return scalar
    }

    /// Four hexadecimal digits.
    private static func unit(
        _ text: UnsafeBufferPointer<UInt8>,
        _ index: inout Int
    ) throws(SecretScanner.Malformed) -> UInt16 {
        guard index + 4 <= text.count else { throw SecretScanner.Malformed() }
        var unit: UInt16 = 0
        for byte in text[index..<(index + 4)] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { throw SecretScanner.Malformed() }
            unit = unit << 4 | UInt16(digit)
        }
        index += 4
        return unit
    }
}
