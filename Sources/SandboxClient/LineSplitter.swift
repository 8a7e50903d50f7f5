/// Divides text that comes in pieces into lines.
struct LineSplitter {
    private var line = ""

    /// What has come after the last line end, as a line, if there is something.
    var rest: [String] { line.isEmpty ? [] : [line] }

    /// The lines that the next piece completes, without their ends.
    mutating func add(_ text: String) -> [String] {
        // On scalars: a carriage return and a newline are one character.
        var parts = (line + text).unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        line = String(parts.removeLast())
        return parts.map { String($0.last == "\r" ? $0.dropLast() : $0) }
    }
}
