import SandboxAPI

/// A path of a request, found good in form and made absolute.
///
/// `..` and links are left in it: the kernel resolves them in the agent, with the user's rights and in the user's view,
/// which is the only place where they have a meaning.
struct FilePath: Sendable, Hashable {
    /// As it was sent, for answers.
    let text: String
    /// Absolute.
    let bytes: [UInt8]

    /// Longest path in bytes before it is made absolute; the kernel's own limit is one less. PATH_MAX.
    static let maximum = 4096

    /// - Parameters:
    ///   - field: The request's name for it, for errors.
    ///   - directory: What relative paths are resolved against.
    init(_ text: String, field: String = "path", in directory: String) throws(APIError) {
        try self.init(Array(text.utf8), text: text, field: field, in: directory)
    }

    /// The same from bytes, which need not be UTF-8.
    init(_ bytes: [UInt8], text: String, field: String, in directory: String) throws(APIError) {
        guard !bytes.isEmpty else { throw .invalid(field, "must not be empty") }
        guard !bytes.contains(0) else { throw .invalid(field, "must not hold a NUL") }
        guard bytes.count <= Self.maximum else { throw .invalid(field, "must have at most \(Self.maximum) bytes") }
        self.text = text
        if bytes.first == UInt8(ascii: "/") {
            self.bytes = bytes
        } else {
            let directory = Array(directory.utf8)
            self.bytes = directory + (directory.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]) + bytes
        }
    }

    /// The bytes behind the last slash.
    var name: ArraySlice<UInt8> {
        bytes.lastIndex(of: UInt8(ascii: "/")).map { bytes[($0 + 1)...] } ?? bytes[...]
    }
}
