/// Texts as words of a shell's command line.
package enum ShellQuoting {
    /// In single quotes, in which nothing has a meaning but the quote itself.
    package static func quoted(_ text: String) -> String {
        "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    /// The same for bytes.
    package static func quoted(_ bytes: [UInt8]) -> String { quoted(String(decoding: bytes, as: UTF8.self)) }
}
