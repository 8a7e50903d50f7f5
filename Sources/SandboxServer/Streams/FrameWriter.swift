import NIOCore

/// Writes one event's frame, `data: {…}` and an empty line, as `JSONEncoder` would write the object. RFC 8259.
struct FrameWriter {
    private var buffer = ByteBuffer()
    private var isEmpty = true

    init(capacity: Int) {
        buffer.reserveCapacity(capacity)
        buffer.writeStaticString("data: {")
    }

    /// Adds a string, unless it is nil.
    mutating func add(_ name: StaticString, _ value: String?) {
        guard var value else { return }
        begin(name)
        buffer.writeStaticString("\"")
        value.withUTF8 { Self.write(escaping: $0, to: &buffer) }
        buffer.writeStaticString("\"")
    }

    /// Adds a number, unless it is nil.
    mutating func add(_ name: StaticString, _ value: Int?) {
        guard let value else { return }
        begin(name)
        buffer.writeString(String(value))
    }

    /// Adds a truth value, unless it is nil.
    mutating func add(_ name: StaticString, _ value: Bool?) {
        guard let value else { return }
        begin(name)
        buffer.writeStaticString(value ? "true" : "false")
    }

    /// The whole frame.
    consuming func finish() -> ByteBuffer {
        buffer.writeStaticString("}\n\n")
        return buffer
    }

    private mutating func begin(_ name: StaticString) {
        buffer.writeStaticString(isEmpty ? "\"" : ",\"")
        buffer.writeStaticString(name)
        buffer.writeStaticString("\":")
        isEmpty = false
    }

    /// Runs of bytes that need no escape are copied as they are.
    private static func write(escaping text: UnsafeBufferPointer<UInt8>, to buffer: inout ByteBuffer) {
        // Room for a line end in every sixteen bytes.
        buffer.reserveCapacity(minimumWritableBytes: text.count + text.count / 16 + 64)
        let bytes = UnsafeRawBufferPointer(text)
        var start = 0
        while start < bytes.count {
            let end = firstEscape(in: bytes, from: start)
            if start < end { buffer.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<end])) }
            if end < bytes.count { writeEscape(of: bytes[end], to: &buffer) }
            start = end + 1
        }
    }

    /// The place of the next quote, backslash or control character; the end if there is none. Eight bytes at a time.
    private static func firstEscape(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let tops = ones &* 0x80
        var index = start
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let quotes = word ^ (ones &* 0x22)
            let backslashes = word ^ (ones &* 0x5C)
            // A byte's top bit is set where subtracting made it negative: below 0x20, or equal.
            let found =
                (word &- ones &* 0x20) & ~word | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes
            guard found & tops == 0 else { break }
            index += 8
        }
        while index < bytes.count, bytes[index] >= 0x20, bytes[index] != 0x22, bytes[index] != 0x5C { index += 1 }
        return index
    }

    private static func writeEscape(of byte: UInt8, to buffer: inout ByteBuffer) {
        let letter: UInt8? =
            switch byte {
            case 0x22, 0x5C: byte
            case 0x08: UInt8(ascii: "b")
            case 0x09: UInt8(ascii: "t")
            case 0x0A: UInt8(ascii: "n")
            case 0x0C: UInt8(ascii: "f")
            case 0x0D: UInt8(ascii: "r")
            default: nil
            }
        if let letter {
            buffer.writeInteger(UInt16(0x5C00) | UInt16(letter))
        } else {
            buffer.writeStaticString("\\u00")
            buffer.writeInteger(UInt16(hexDigit(byte >> 4)) << 8 | UInt16(hexDigit(byte & 15)))
        }
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
