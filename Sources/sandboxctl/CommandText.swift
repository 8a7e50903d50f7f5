/// What the sandbox's shell is given.
enum CommandText {
    /// One word is a command line; of several each is one word of it, whatever it holds.
    static func make(_ words: [String]) -> String {
        let text = words.count == 1 ? words[0] : words.map(quoted).joined(separator: " ")
        // Else a shell takes it for an option of its own.
        return text.hasPrefix("-") ? " " + text : text
    }

    /// The text as one word of a shell.
    static func quoted(_ text: String) -> String {
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,@%+="
        if !text.isEmpty, text.allSatisfy({ plain.contains($0) }) { return text }
        let parts = text.unicodeScalars.split(separator: "'", omittingEmptySubsequences: false).map(String.init)
        return "'" + parts.joined(separator: "'\\''") + "'"
    }
}
