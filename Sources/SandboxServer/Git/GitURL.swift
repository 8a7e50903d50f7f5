import FoundationEssentials
import SandboxAPI

/// A repository's address, and the credentials that stood in it, apart from each other.
struct GitURL: Sendable {
    /// User name and password of an http or https address, decoded. Prints nothing.
    struct Credentials: Sendable, CustomStringConvertible, CustomReflectable {
        var user: SecretBytes
        var password: SecretBytes

        var description: String { "<redacted>" }
        var customMirror: Mirror { Mirror(self, children: []) }
    }

    /// Without credentials: what may be shown, logged, and kept in the clone's configuration.
    let address: String
    let credentials: Credentials?

    /// - Throws: `INVALID_GIT_URL`; nothing of the address is in the error.
    init(_ text: SecretBytes) throws(APIError) {
        self = try text.withBytes { bytes throws(APIError) in try Self(bytes) }
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) throws(APIError) {
        guard (1...2048).contains(bytes.count) else {
            throw Self.invalid("must have 1 to 2048 bytes and not be blank")
        }
        guard !bytes.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
            throw Self.invalid("must not hold blanks or control characters")
        }
        // `helper::address` runs a program of git's. Bytes, not Characters: a combining mark hides none of them.
        guard bytes.first != UInt8(ascii: "-"), !zip(bytes, bytes.dropFirst()).contains(where: { $0 == 58 && $1 == 58 })
        else { throw Self.invalid("has a form that is not allowed") }
        // A text only where it is known to hold no password: it is shown, and nobody overwrites it.
        func text(_ bytes: some Collection<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
        guard let start = Self.endOfScheme(bytes) else {
            address = text(bytes)
            credentials = nil
            return
        }
        let scheme = text(bytes[..<start])
        let isHTTP = ["http://", "https://"].contains(scheme.lowercased())
        let authority = bytes[start...].prefix { !"/?#".utf8.contains($0) }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
            guard !isHTTP || Self.isHostAndPort(authority) else {
                throw Self.invalid("has credentials that are not percent-encoded")
            }
            address = text(bytes)
            credentials = nil
            return
        }
        guard isHTTP else {
            // A password must not travel in a command line.
            guard !authority[..<at].contains(UInt8(ascii: ":")) else {
                throw Self.invalid("may hold a password only with http or https")
            }
            address = text(bytes)
            credentials = nil
            return
        }
        address = scheme + text(bytes[(at + 1)...])
        let parts = authority[..<at].split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let user = Self.decoded(parts[0]),
            let password = Self.decoded(parts.count > 1 ? parts[1] : parts[0].prefix(0))
        else {
            throw Self.invalid("has credentials that cannot be decoded")
        }
        credentials = Credentials(user: SecretBytes(user), password: SecretBytes(password))
    }

    /// Where `scheme://` ends.
    private static func endOfScheme(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let mark = Array("://".utf8)
        return bytes.indices.first { bytes[$0...].starts(with: mark) }.map { $0 + mark.count }
    }

    /// Whether nothing but a port follows the host: anything else is a password that was not encoded.
    private static func isHostAndPort(_ authority: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let colon = authority.lastIndex(of: UInt8(ascii: ":")), authority.last != UInt8(ascii: "]") else {
            return true
        }
        return authority[(colon + 1)...].allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Scheme and host of an http or https address: for whom the credentials are.
    var origin: String {
        guard let start = address.firstRange(of: "://")?.upperBound else { return address }
        return String(address[..<start]) + address[start...].prefix { !"/?#".contains($0) }
    }

    /// The last part of the path without `.git`: what git calls the clone.
    var repositoryName: String? {
        var path = address[...]
        if let cut = path.firstIndex(where: { "?#".contains($0) }) { path = path[..<cut] }
        while path.last == "/" { path.removeLast() }
        guard let name = path.split(whereSeparator: { "/:".contains($0) }).last else { return nil }
        let plain = name.hasSuffix(".git") ? name.dropLast(4) : name
        return plain.isEmpty || plain == "." || plain == ".." ? nil : String(plain)
    }

    /// Percent-decoded bytes; nil if a sequence is not whole, or holds a line end, which would end the helper's answer.
    private static func decoded(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return bytes.contains(where: { [0, 10, 13].contains($0) }) ? nil : bytes
    }

    private static func invalid(_ problem: String) -> APIError {
        APIError(
            .invalidGitURL,
            "repoUrl \(problem).",
            context: ["validationErrors": [["field": .string("repoUrl"), "message": .string(problem)]]],
            operation: "git.clone"
        )
    }
}
