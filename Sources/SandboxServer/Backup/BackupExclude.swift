/// What is left out of an archive, from one pattern of a request. Pure.
enum BackupExclude: Equatable, Sendable {
    /// Lines of mksquashfs's exclude file.
    case lines([String])
    /// An extended regular expression for paths as `find .` writes them: mksquashfs knows no `**`.
    case search(String)

    /// nil for what can be nothing in the directory.
    init?(_ pattern: String) {
        var parts = pattern.split(separator: "/").filter { $0 != "." }
        // What is left out takes along what is in it.
        while parts.last == "**" { parts.removeLast() }
        guard !parts.isEmpty, !parts.contains("..") else { return nil }
        let isAnywhere = parts.first == "**"
        let names = Array(parts.drop { $0 == "**" })
        guard !names.contains("**"), !isAnywhere || names.count == 1 else {
            self = .search(Self.expression(parts))
            return
        }
        var path = names.joined(separator: "/")
        while path.contains("**") { path.replace("**", with: "*") }
        // With a slash in it, mksquashfs takes a line that begins with `...` for its first part alone.
        let isInEveryDirectory = names.count == 1 && (isAnywhere || !pattern.hasPrefix("/"))
        self = .lines(isInEveryDirectory ? [path, "... " + path] : [path])
    }

    /// Names with a line end are not found: in the exclude file they would be two.
    private static func expression(_ parts: [Substring]) -> String {
        parts.reduce("[.]") { $0 + ($1 == "**" ? "(/[^\n]*)?" : "/" + expression($1)) }
    }

    /// The wildcards that mksquashfs knows: `*`, `?`, brackets, and the backslash before what stands for itself.
    private static func expression(_ name: Substring) -> String {
        var text = ""
        var rest = name.unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": text += "[^/\n]*"
            case "?": text += "[^/\n]"
            case "\\": text += rest.popFirst().map(literal) ?? literal(scalar)
            case "[":
                guard let end = rest.dropFirst().firstIndex(of: "]") else {
                    text += literal(scalar)
                    continue
                }
                let set = String(rest[..<end])
                text += "[" + (set.hasPrefix("!") ? "^" + set.dropFirst() : set) + "]"
                rest = rest[rest.index(after: end)...]
            default: text += literal(scalar)
            }
        }
        return text
    }

    private static func literal(_ scalar: Unicode.Scalar) -> String {
        ".^$*+?()[]{}|\\".unicodeScalars.contains(scalar) ? "\\" + String(scalar) : String(scalar)
    }
}
