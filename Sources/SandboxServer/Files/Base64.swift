import FoundationEssentials

/// Base64 with padding. RFC 4648, section 4.
enum Base64 {
    static func encode(_ bytes: some Collection<UInt8>) -> String {
        Data(bytes).base64EncodedString()
    }

    /// nil if the text holds anything else. Line ends and missing padding are forgiven.
    static func decode(_ text: String) -> [UInt8]? {
        var bytes = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
        for _ in 0..<2 where bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
        guard bytes.count % 4 != 1 else { return nil }
        bytes += [UInt8](repeating: UInt8(ascii: "="), count: (4 - bytes.count % 4) % 4)
        return Data(base64Encoded: Data(bytes)).map(Array.init)
    }
}
