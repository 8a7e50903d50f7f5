public import SandboxAPI

/// What a command reads on its standard input. Prints as its size: it may be a credential.
///
/// ```swift
/// let sorted = try await sandbox.exec("sort", stdin: "b\na\n")
/// let keys = try await sandbox.inCells.exec("gpg --list-packets", stdin: .secret(key))
/// ```
///
/// Input does not send a command to a cell, as variables do: see ``SandboxClient/inCells``.
public struct StandardInput: Sendable, ExpressibleByStringLiteral, CustomStringConvertible, CustomReflectable {
    let bytes: SecretBytes

    /// Takes over bytes that are overwritten in memory when nobody needs them any more.
    public static func secret(_ bytes: SecretBytes) -> StandardInput { StandardInput(bytes: bytes) }

    /// Bytes of any kind.
    public static func bytes(_ bytes: [UInt8]) -> StandardInput { StandardInput(bytes: SecretBytes(bytes)) }

    /// A text, as UTF-8.
    public static func text(_ text: String) -> StandardInput { .bytes(Array(text.utf8)) }

    /// A text, as UTF-8.
    public init(stringLiteral text: String) { self = .text(text) }

    private init(bytes: SecretBytes) { self.bytes = bytes }

    /// The size.
    public var description: String { "StandardInput(\(bytes.count) bytes)" }

    /// The same as ``description``.
    public var customMirror: Mirror { Mirror(self, children: ["input": description]) }
}
