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
        // Git or a program of its would find an address in it that is none here, with a password that was not taken out.
        let isWhole = ["http:", "https:"].allSatisfy { mark in
            !text(bytes.prefix(mark.utf8.count)).lowercased().elementsEqual(mark)
                || bytes.dropFirst(mark.utf8.count).starts(with: "//".utf8)
        }
        guard isWhole else { throw Self.invalid("must have // behind http: or https:") }
        guard let start = Self.endOfScheme(bytes) else {
            guard Self.isLocal(bytes) || !Self.mayHoldPassword(bytes) else {
                throw Self.invalid("may hold a password only with http or https")
            }
            address = text(bytes)
            credentials = nil
            return
        }
        let scheme = text(bytes[..<start])
        let isHTTP = ["http://", "https://"].contains(scheme.lowercased())
        let authority = bytes[start...].prefix { !"/?#".utf8.contains($0) }
        guard !authority.isEmpty || scheme.lowercased() == "file://" else { throw Self.invalid("has no host") }
        guard let at = authority.lastIndex(of: UInt8(ascii: "@")) else {
            // `user:1/2@host`: what looks like a port may be the beginning of a password.
            let path = bytes[authority.endIndex...]
            guard !isHTTP || Self.isHostAndPort(authority) && !(authority.contains(58) && path.contains(64)) else {
                throw Self.invalid("has credentials, or an @ behind a port, that are not percent-encoded")
            }
            address = text(bytes)
            credentials = nil
            return
        }
        guard isHTTP else {
            // A password must not travel in a command line.
            guard !Self.holdsColon(authority[..<at]) else {
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

    /// Where `scheme://` ends, if it begins with that (RFC 3986, 3.1).
    private static func endOfScheme(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
        let mark = Array("://".utf8)
        let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
        let scheme = bytes.prefix {
            letters.contains($0 | 0x20) || (0x30...0x39).contains($0) || "+.-".utf8.contains($0)
        }
        guard let first = scheme.first, letters.contains(first | 0x20), bytes[scheme.endIndex...].starts(with: mark)
        else { return nil }
        return scheme.endIndex + mark.count
    }

    /// Whether it is plainly a path.
    private static func isLocal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: ".") else { return false }
        let (both, mark) = (Array("//".utf8), Array(":/".utf8))
        return !bytes.starts(with: both) && !bytes.indices.contains { bytes[$0...].starts(with: mark) }
    }

    /// Whether it may be `user:password@…`. In `git@host:@scope/x` the colon belongs to the host.
    private static func mayHoldPassword(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let mark = UInt8(ascii: "@")
        guard let first = bytes.firstIndex(of: mark), let last = bytes.lastIndex(of: mark) else { return false }
        return holdsColon(bytes[..<first]) || holdsColon(bytes[..<last]) && holdsColon(bytes[last...])
    }

    /// As it is or percent-encoded.
    private static func holdsColon(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let forms = [":", "%3a", "%3A"].map { Array($0.utf8) }
        return bytes.indices.contains { index in forms.contains { bytes[index...].starts(with: $0) } }
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
