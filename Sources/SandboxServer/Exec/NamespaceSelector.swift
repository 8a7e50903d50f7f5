import SandboxAPI

/// Decides where a command runs: with any variable that might be a credential in `secure`, else in `user`.
///
/// Neutral names are those that steer presentation and dialogue and by convention never hold a secret: a value
/// passed under them is visible to everything in `user`. Names that change what is executed (PATH, LD_*, PYTHONPATH,
/// BASH_ENV, EDITOR) are left out: in a cell they can hurt nobody else.
struct NamespaceSelector: Sendable {
    /// The built-in names, the locale's categories one by one (locale(7)): `LC_*` would take in any name that
    /// somebody gave a secret. In configured names a star at the end stands for any rest.
    static let builtIn = [
        "TERM", "COLORTERM", "LANG", "LANGUAGE", "TZ", "COLUMNS", "LINES",
        "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "LC_TIME", "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES",
        "LC_PAPER", "LC_NAME", "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION",
        "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE",
        "CI", "DEBIAN_FRONTEND", "GIT_TERMINAL_PROMPT", "PAGER", "GIT_PAGER",
        "PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE",
    ]

    private let names: Set<String>
    private let prefixes: [String]

    init(additional: [String] = []) {
        let patterns = Self.builtIn + additional
        names = Set(patterns.filter { !$0.hasSuffix("*") })
        prefixes = patterns.filter { $0.hasSuffix("*") }.map { String($0.dropLast()) }
    }

    /// Whether a configured pattern is a variable name, or the beginning of one and a star.
    static func isPattern(_ pattern: String) -> Bool {
        let name = pattern.hasSuffix("*") ? pattern.dropLast() : pattern[...]
        return VariableName.isValid(name.utf8)
    }

    /// Whether a variable of this name may be shown to everything in `user`.
    func isNeutral(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }

    /// The namespace for these variables; nil if the wish cannot be granted.
    func select(_ variables: some Sequence<String>, wish: NamespaceName?) -> NamespaceName? {
        let isSecure = variables.contains { !isNeutral($0) }
        if wish == .user, isSecure { return nil }
        return wish ?? (isSecure ? .secure : .user)
    }
}
