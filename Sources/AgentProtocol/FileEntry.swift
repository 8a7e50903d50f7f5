/// One file as stat(2) shows it, and its name.
package struct FileEntry: Sendable, Hashable {
    package enum Kind: UInt8, Sendable {
        case file = 1
        case directory, symbolicLink, other
    }

    package var kind: Kind
    /// Permission bits, with set-id and sticky ones.
    package var mode: UInt16
    /// In bytes.
    package var size: UInt64
    /// Since the epoch.
    package var modifiedSeconds: Int64
    package var modifiedNanoseconds: UInt32
    /// Relative to the listed directory; empty where the path was the request's.
    package var name: [UInt8]

    package init(
        kind: Kind,
        mode: UInt16,
        size: UInt64,
        modifiedSeconds: Int64,
        modifiedNanoseconds: UInt32,
        name: [UInt8]
    ) {
        self.kind = kind
        self.mode = mode
        self.size = size
        self.modifiedSeconds = modifiedSeconds
        self.modifiedNanoseconds = modifiedNanoseconds
        self.name = name
    }

    /// 25 bytes, little-endian, then the name: kind, mode, size, seconds, nanoseconds, length of the name.
    package func encoded() -> [UInt8] {
        var bytes: [UInt8] = [kind.rawValue]
        func put<Value: FixedWidthInteger>(_ value: Value) {
            bytes += (0..<Value.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
        }
        put(mode)
        put(size)
        put(modifiedSeconds)
        put(modifiedNanoseconds)
        put(UInt16(name.count))
        return bytes + name
    }

    /// Takes one entry from the front; nil if none is there whole.
    package init?(next bytes: inout ArraySlice<UInt8>) {
        guard bytes.count >= 25 else { return nil }
        let base = bytes.startIndex
        func get<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type = Value.self) -> Value {
            (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(truncatingIfNeeded: bytes[base + offset + $1]) << (8 * $1) }
        }
        let length = Int(get(23, UInt16.self))
        guard let kind = Kind(rawValue: bytes[base]), bytes.count >= 25 + length else { return nil }
        self.init(
            kind: kind,
            mode: get(1),
            size: get(3),
            modifiedSeconds: get(11),
            modifiedNanoseconds: get(19),
            name: Array(bytes[(base + 25)..<(base + 25 + length)])
        )
        bytes = bytes.dropFirst(25 + length)
    }
}
