import SandboxAPI

/// Judges addresses that pieces of an archive are sent to, and reads what the store answers.
enum UploadAddress {
    /// Whether it is an https address that can stand in curl's configuration.
    static func isAcceptable(_ address: SecretBytes) -> Bool {
        guard (9...8192).contains(address.count) else { return false }
        var bytes = [UInt8](repeating: 0, count: address.count)
        bytes.withUnsafeMutableBytes { address.copy(to: $0) }
        defer { for index in bytes.indices { bytes[index] = 0 } }
        let isPlain = bytes.allSatisfy {
            $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
        return isPlain && bytes.starts(with: "https://".utf8)
    }

    /// The value of the last ETag in an answer's header; nil if there is none.
    static func etag(inHeader text: String) -> String? {
        text.split(whereSeparator: \.isNewline).last { $0.lowercased().hasPrefix("etag:") }.map { line in
            String(line.dropFirst(5).drop { $0 == " " }.prefix { $0 != " " })
        }
    }
}
