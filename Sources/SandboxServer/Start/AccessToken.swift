/// The token that callers must show in the header `X-Sandbox-Token`. Never printed.
struct AccessToken: Sendable, CustomStringConvertible, CustomReflectable {
    private let bytes: [UInt8]

    /// Reads a token: at least 16 bytes, without the line ends of the file.
    init(file path: String, read: (String) -> [UInt8]?) throws(StartupError) {
        guard var bytes = read(path) else {
            throw StartupError("SANDBOX_SERVER_ACCESS_TOKEN_FILE must name a readable file.")
        }
        while let last = bytes.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard bytes.count >= 16, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw StartupError(
                "SANDBOX_SERVER_ACCESS_TOKEN_FILE must hold at least 16 printable ASCII characters without blanks."
            )
        }
        self.bytes = bytes
    }

    /// Whether `candidate` is the token; takes as long for a near miss as for a far one of the same length.
    func matches(_ candidate: String) -> Bool {
        let candidate = Array(candidate.utf8)
        guard candidate.count == bytes.count else { return false }
        return zip(bytes, candidate).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    var description: String { "<redacted>" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
