/// Texts as words of a shell's command line.
package enum ShellQuoting {
    /// In single quotes, in which nothing has a meaning but the quote itself.
    package static func quoted(_ text: String) -> String {
        var word = "'"
        // By scalars: a quote and a combining mark are one Character, but two things to a shell.
        for scalar in text.unicodeScalars {
            if scalar == "'" { word += "'\\''" } else { word.unicodeScalars.append(scalar) }
        }
        return word + "'"
    }

    /// The same for bytes.
    package static func quoted(_ bytes: [UInt8]) -> String { quoted(String(decoding: bytes, as: UTF8.self)) }
}
